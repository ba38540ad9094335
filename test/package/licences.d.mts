export declare function allowed(licence: unknown): boolean;
