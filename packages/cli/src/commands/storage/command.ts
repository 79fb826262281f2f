import type { StorageDocument } from '@roto/sdk/contract';
import { counted, formatBytes } from '../../io/quantities.ts';
import { columns } from '../list-options.ts';
import { defineServerCommand } from '../server-command.ts';

/** `roto storage`: what the account keeps on the server. */
export function createStorageCommand() {
  return defineServerCommand({
    name: 'storage',
    summary: 'what the account keeps on the server, and may',
    description: ['Shows bytes and files by kind. roto videos delete makes room.'],
    examples: [{ text: '', line: 'roto storage' }],
    ask: async ({ roto }, { io: { signal } }) => {
      const storage = await roto.users.storage({ signal });
      const document: StorageDocument = { schema: 'roto.storage/1', storage };
      const kinds = ['videos', 'masks', 'thumbnails', 'other'] as const;
      const rows = kinds.map((kind) => {
        const { bytes, files } = storage[kind];
        return [kind, formatBytes(bytes), counted(files, 'file')];
      });
      const { total, limit_bytes, reserved_bytes, largest_upload_bytes } = storage;
      return {
        document,
        lines: [
          ...columns(rows),
          `${formatBytes(total.bytes)} of ${formatBytes(limit_bytes)}${reserved_bytes > 0 ? `, ${formatBytes(reserved_bytes)} more are being uploaded` : ''}`,
          `one upload may have ${formatBytes(largest_upload_bytes)}`,
        ],
      };
    },
  });
}
