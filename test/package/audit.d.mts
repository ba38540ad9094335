export declare function auditVerdict(printed: string): { readonly verdict: 'clean' | 'holes' | 'not answered'; readonly says: string };
