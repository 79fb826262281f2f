// The reference of the client: what its sources say, read from their docblocks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ESTree, parseSync } from 'vite';

const source = fileURLToPath(new URL('../packages/sdk/src/', import.meta.url));
const readme = fileURLToPath(new URL('../packages/sdk/README.md', import.meta.url));

/** A docblock, taken apart. */
interface Doc {
  /** Markdown, in lines as they are written. */
  readonly text: string;
  readonly params: readonly string[];
  readonly returns: string | undefined;
  readonly throws: string | undefined;
  readonly example: string | undefined;
}

interface Member {
  readonly name: string;
  /** As the source has it, on one line. */
  readonly signature: string;
  readonly doc: Doc;
}

interface Declaration extends Member {
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'value';
  /** Public ones of a class or an interface. */
  readonly members: readonly Member[];
}

/** Code that the documentation shows, and where. */
export interface DocExample {
  readonly title: string;
  readonly code: string;
}

/** Everything the index of the client exports, in its order, without the contract. */
function declarations(): Declaration[] {
  const index = readFileSync(join(source, 'index.ts'), 'utf8');
  return [...index.matchAll(/export (?:type )?\{([^}]+)\} from '([^']+)'/g)].flatMap(
    ([, names = '', from = '']) => {
      if (from.startsWith('./contract/')) return [];
      const file = from.startsWith('#platform/')
        ? join(source, 'platform', 'node', `${from.slice('#platform/'.length)}.ts`)
        : join(source, from);
      const wanted = names.split(',').map((name) => name.replace(/\btype\b/, '').trim());
      return declarationsOf(file).filter(({ name }) => wanted.includes(name));
    },
  );
}

function declarationsOf(file: string): Declaration[] {
  const code = readFileSync(file, 'utf8');
  const { program, comments, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const docBefore = (start: number): Doc => {
    const block = comments.findLast(({ end }) => end <= start);
    const near = block !== undefined && code.slice(block.end, start).trim() === '';
    return parseDoc(near ? block.value : '');
  };
  return program.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration' || node.declaration === null) return [];
    const made = declarationOf(node.declaration, code, docBefore);
    return made === undefined ? [] : [{ ...made, doc: docBefore(node.start) }];
  });
}

function declarationOf(
  node: ESTree.Declaration,
  code: string,
  docBefore: (start: number) => Doc,
): Omit<Declaration, 'doc'> | undefined {
  switch (node.type) {
    case 'ClassDeclaration': {
      const members = node.body.body.flatMap((member) => memberOf(member, code, docBefore));
      return { kind: 'class', name: node.id?.name ?? '', signature: '', members };
    }
    case 'TSInterfaceDeclaration': {
      const members = node.body.body.flatMap((member) => memberOf(member, code, docBefore));
      const above = node.extends.map(({ start, end }) => code.slice(start, end));
      const signature = above.length > 0 ? `extends ${oneLine(above.join(', '))}` : '';
      return { kind: 'interface', name: node.id.name, signature, members };
    }
    case 'TSTypeAliasDeclaration': {
      const signature = code.slice(node.start, node.end).trim();
      return { kind: 'type', name: node.id.name, signature, members: [] };
    }
    case 'FunctionDeclaration': {
      const end = node.body?.start ?? node.end;
      const signature = oneLine(code.slice(node.start, end)).replace(
        /^(async )?function ?\*? ?/,
        '',
      );
      return { kind: 'function', name: node.id?.name ?? '', signature, members: [] };
    }
    default:
      return undefined;
  }
}

type AnyMember = ESTree.ClassElement | ESTree.TSSignature;

function memberOf(node: AnyMember, code: string, docBefore: (start: number) => Doc): Member[] {
  if (!('key' in node) || node.key === null || node.key.type !== 'Identifier') return [];
  const { name } = node.key;
  if (name === 'constructor') return [];
  const body =
    'value' in node && node.value !== null && 'body' in node.value ? node.value.body : null;
  const end = body === null || body === undefined ? node.end : body.start;
  const signature = oneLine(code.slice(node.start, end))
    .replace(/^(override |readonly |async |\*)+/, '')
    .replace(/;$/, '');
  return [{ name, signature, doc: docBefore(node.start) }];
}

function oneLine(code: string): string {
  return code
    .replace(/\s+/g, ' ')
    .replace(/([([{<]) /g, (_, open) => (open === '{' ? '{ ' : open))
    .replace(/,? ([)\]>])/g, '$1')
    .replace(/= >/g, '=>')
    .trim();
}

function parseDoc(block: string): Doc {
  const lines = block
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trimEnd())
    .join('\n')
    .trim();
  const [text = '', ...tags] = lines.split(/^@(?=param|returns|throws|example)/m);
  const tagged = (tag: string): string[] =>
    tags
      .filter((part) => part.startsWith(tag))
      .map((part) => part.slice(tag.length).replace(/^ /, '').trimEnd());
  return {
    text: linked(text.trim()),
    params: tagged('param').map(flat),
    returns: tagged('returns').map(flat)[0],
    throws: tagged('throws').map(flat)[0],
    example: tagged('example').map((code) => code.trim())[0],
  };
}

function linked(text: string): string {
  return text.replace(/\{@link ([^}]+)\}/g, '`$1`');
}

function flat(text: string): string {
  return linked(text.replace(/\s+/g, ' ').trim());
}

/** docs/sdk.md: every class, function and type of the client. */
export function renderSdkDocs(): string {
  const all = declarations();
  const of = (kind: Declaration['kind']) => all.filter((one) => one.kind === kind);
  const errors = of('class').filter(({ name }) => name.endsWith('Error'));
  const client = of('class').filter(({ name }) => name === 'Roto');
  const others = of('class').filter(({ name }) => name !== 'Roto' && !name.endsWith('Error'));
  const resources = [...resourceNames(), ...others.map(({ name }) => ({ name, at: '' }))];
  const sections = resources.flatMap(({ name, at }) => {
    const found = all.find((one) => one.kind === 'class' && one.name === name);
    return found === undefined ? [] : [{ found, at }];
  });
  const shown = new Set<string>();
  const parts = [
    '<!-- Written by scripts/gen-sdk-docs.ts from the docblocks of the sources; do not edit. -->',
    '# The client',
    'Reference of `@roto/sdk`; its [README](../packages/sdk/README.md) is where to begin. The bodies of requests and replies are the schemas of `@roto/sdk/contract`, as the service describes them at `/api/docs`. Every example here is compiled and run by the tests.',
    ...client.flatMap((one) => classSection(one, 'roto')),
    ...sections.flatMap(({ found, at }) => {
      if (shown.has(found.name)) return [];
      shown.add(found.name);
      return classSection(found, at);
    }),
    '## Functions',
    ...of('function').flatMap((one) => memberSection(one)),
    '## Errors',
    errors.map(({ name, doc }) => `- \`${name}\`: ${flat(doc.text)}`).join('\n'),
    '## Types',
    ...of('interface').flatMap(interfaceSection),
    ...of('type').flatMap((one) => [`### ${one.name}`, one.doc.text, fenced(one.signature)]),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Resources as the client has them: `roto.videos` is a `Videos`. */
function resourceNames(): { readonly name: string; readonly at: string }[] {
  const below = (file: string, prefix: string) =>
    [...readFileSync(file, 'utf8').matchAll(/^ {2}readonly (\w+): ([A-Z]\w+);$/gm)]
      .map(([, field = '', name = '']) => ({ name, at: `${prefix}.${field}` }))
      .filter(({ name }) => name !== 'Transport');
  const admin = below(join(source, 'resources', 'admin.ts'), 'roto.admin');
  return [...below(join(source, 'client.ts'), 'roto'), ...admin];
}

function classSection({ name, doc, members }: Declaration, at: string): string[] {
  const title = at === '' || at === 'roto' ? name : at;
  const isField = ({ signature }: Member) => /^get |^[^(]*$/.test(signature);
  const fields = members.filter(isField).map((field) => {
    const shown = field.signature.replace(/^get (\w+)\(\)/, '$1');
    return `- \`${shown}\`: ${flat(field.doc.text)}`;
  });
  const before = name === 'TaskHandle' ? 'task' : at;
  return [
    `## ${title}`,
    doc.text,
    ...exampleOf(doc),
    fields.join('\n'),
    ...members
      .filter((member) => !isField(member))
      .flatMap((member) => memberSection(member, before === '' ? '' : `${before}.`)),
  ];
}

function memberSection({ name, signature, doc }: Member, before = ''): string[] {
  return [
    `### ${before}${name}`,
    fenced(signature),
    doc.text,
    doc.params.map((param) => `- ${param.replace(/^(\w+)/, '`$1`:')}`).join('\n'),
    doc.returns === undefined ? '' : `Gives ${doc.returns}.`,
    doc.throws === undefined ? '' : `Throws ${doc.throws.replace(/\.$/, '')}.`,
    ...exampleOf(doc),
  ];
}

function interfaceSection({ name, signature, doc, members }: Declaration): string[] {
  const fields = members.map((field) => {
    const type = field.signature.slice(field.name.length).replace(/^\?/, '');
    const shown = type.replace(/^: /, '').replace(/ \| undefined$/, '');
    const text = flat(field.doc.text);
    return `- \`${field.name}: ${shown}\`${text === '' ? '' : `: ${text}`}`;
  });
  const above = signature === '' ? '' : `Has all that \`${signature.slice(8)}\` has.`;
  return [`### ${name}`, doc.text, above, fields.join('\n')];
}

function exampleOf({ example }: Doc): string[] {
  return example === undefined ? [] : [fenced(example)];
}

function fenced(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}

/** Every example of the reference, and of the README. */
export function docExamples(): DocExample[] {
  const ofDocs = declarations().flatMap(({ name, doc, members }) => [
    ...(doc.example === undefined ? [] : [{ title: name, code: doc.example }]),
    ...members.flatMap((member) =>
      member.doc.example === undefined
        ? []
        : [{ title: `${name}.${member.name}`, code: member.doc.example }],
    ),
  ]);
  const text = readFileSync(readme, 'utf8');
  const ofReadme = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ''], at) => ({
    title: `README ${at + 1}`,
    code: code.trim(),
  }));
  return [...ofDocs, ...ofReadme];
}

/** What examples may use without declaring it. */
const given = [
  ...['roto', 'console', 'email', 'password', 'video_id', 'file', 'task', 'secret', 'request'],
  ...['text', 'stdout'],
];

/** packages/sdk/test/examples.gen.ts: the examples as functions, to be compiled and run. */
export function renderExamples(): string {
  const imports = new Map<string, Set<string>>();
  const functions = docExamples().map(({ title, code }) => {
    const body = code.replace(
      /^import (?:type )?\{([^}]+)\} from '([^']+)';\n*/gm,
      (_, names: string, from: string) => {
        for (const name of names.split(',')) add(imports, from, name.trim());
        return '';
      },
    );
    const { program } = parseSync(`${title}.ts`, body);
    const declared = program.body.flatMap(declaredIn);
    const spoken = body.replace(/\/\/.*$/gm, '');
    const used = given.filter((name) => {
      if (declared.includes(name) || spoken.includes(`const ${name} of`)) return false;
      return new RegExp(`(?<![.\\w'])${name}\\b(?!:)`).test(spoken);
    });
    for (const name of ['Roto', 'memoryUploadStore', 'verifyWebhook']) {
      if (new RegExp(`\\b${name}\\(`).test(body)) add(imports, '@roto/sdk', name);
    }
    const uses = declared.length === 0 ? '' : `\n    void [${declared.join(', ')}];`;
    const lines = body.split('\n').map((line) => (line === '' ? '' : `    ${line}`));
    return `  ${JSON.stringify(title)}: async ({ ${used.join(', ')} }) => {\n${lines.join('\n')}${uses}\n  },`;
  });
  const heads = [...imports].map(([from, names]) => {
    const to = from === '@roto/sdk' ? '../src/index.ts' : '../src/contract/index.ts';
    return `import { ${[...names].sort((a, b) => a.localeCompare(b)).join(', ')} } from '${to}';`;
  });
  return `// Written by scripts/gen-sdk-docs.ts from the examples of the documentation; do not edit.
// biome-ignore-all lint: it is what the documentation shows
// biome-ignore-all format: it is what the documentation shows
// biome-ignore-all assist: it is what the documentation shows
${heads.join('\n')}
import type { ExampleContext } from './support/example-context.ts';

export const examples: Record<string, (context: ExampleContext) => Promise<void>> = {
${functions.join('\n')}
};
`;
}

function add(imports: Map<string, Set<string>>, from: string, name: string): void {
  imports.set(from, (imports.get(from) ?? new Set()).add(name));
}

function declaredIn(node: ESTree.Program['body'][number]): string[] {
  if (node.type !== 'VariableDeclaration') return [];
  return node.declarations.flatMap(({ id }) => {
    if (id.type === 'Identifier') return [id.name];
    if (id.type !== 'ObjectPattern') return [];
    return id.properties.flatMap((part) =>
      part.type === 'Property' && part.value.type === 'Identifier' ? [part.value.name] : [],
    );
  });
}
