/** What a target writes. */
export interface Written {
  readonly name: string;
  readonly text: string;
  readonly executable?: true;
}
