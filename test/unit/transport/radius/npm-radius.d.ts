// The part of the npm package `radius` that the tests compare with; it brings no types.
declare module 'radius' {
  interface Decoded {
    identifier: number;
    attributes: Record<string, unknown>;
    raw_attributes: [number, Buffer][];
  }
  const radius: {
    encode(packet: { code: string; identifier: number; secret: string; attributes: [string, unknown][] }): Buffer;
    decode(input: { packet: Buffer; secret: string }): Decoded;
  };
  export default radius;
}
