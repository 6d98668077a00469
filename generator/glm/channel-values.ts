/** Largest magnitude, or factor, of each input channel, by the name of a product (`layers.N.qkv`, `head`). */
export type ChannelValues = ReadonlyMap<string, Float32Array>;
