export declare const neededNode: string;
export declare function isAtLeast(version: string, needed: string): boolean;
export declare function workspaceNode(root: string): string | undefined;
