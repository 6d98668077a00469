/** The part of jschardet that is used; the package carries no types. */
declare module 'jschardet' {
  interface Detection {
    readonly encoding: string | null;
    readonly confidence: number;
  }
  const jschardet: { detect(bytes: Buffer): Detection };
  export default jschardet;
}
