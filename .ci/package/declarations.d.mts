export declare function neededDeclarations(entries: readonly string[]): Map<string, string>;
