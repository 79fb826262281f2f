import { TaskEvent } from '@roto/sdk/contract';

/** A server-sent event. */
export interface ReadEvent {
  readonly id: string;
  readonly event: string;
  readonly data: TaskEvent;
}

/** Reads a stream of events to its end. */
export async function readEvents(reply: Response): Promise<ReadEvent[]> {
  if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
  const blocks = (await reply.text()).split('\n\n');
  return blocks.flatMap((block) => {
    const field = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const data = field('data');
    if (data === undefined) return [];
    return [
      {
        id: field('id') ?? '',
        event: field('event') ?? '',
        data: TaskEvent.parse(JSON.parse(data)),
      },
    ];
  });
}
