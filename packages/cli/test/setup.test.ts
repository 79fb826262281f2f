import { CudaSetupDocument, ErrorDocument, RotoError } from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import type { FakeBackendOptions } from './support/fake-backend.ts';
import { runRoto } from './support/run-roto.ts';

const roto = (line: string, options?: FakeBackendOptions) => runRoto(line, '/shots', options);

describe('roto setup cuda', () => {
  it('prints one document, and takes a package that lies here', async () => {
    const ran = await roto('setup cuda --file fetched.nupkg --json');
    expect(ran.status).toBe(0);
    const printed: unknown = JSON.parse(ran.out);
    expect(CudaSetupDocument.parse(printed)).toEqual(printed);
    expect(ran.backend.calls[0]).toMatchObject({ options: { file: '/shots/fetched.nupkg' } });
  });

  it('says what CUDA lacks still, or that it is whole', async () => {
    const lacking = await roto('setup cuda', { cudaLacks: ['the NVIDIA driver is not running'] });
    expect(lacking.out).toBe(
      'CUDA libraries of onnxruntime 1.30.0: installed, in /onnxruntime/bin\nmissing: the NVIDIA driver is not running\n',
    );
    expect((await roto('setup cuda')).out).toContain('CUDA is whole: run with --device cuda.\n');
  });

  it('ends with the status of what went wrong', async () => {
    const fails = new RotoError('output_unwritable', 'Expected to write.', {
      hint: 'As the owner.',
    });
    const ran = await roto('setup cuda --json', { fails });
    expect(ran.status).toBe(2);
    expect(ErrorDocument.parse(JSON.parse(ran.out)).error.code).toBe('output_unwritable');
  });
});
