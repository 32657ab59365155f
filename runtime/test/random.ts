// Random numbers that come again: the seed is printed, and DEXTO_TEST_SEED repeats a run.

import type { TestContext } from "node:test";

export interface Random {
  below(count: number): number;
  pick<T>(values: readonly T[]): T;
  chance(probability: number): boolean;
}

export function randomFor(t: TestContext, seed = Number(process.env.DEXTO_TEST_SEED ?? 20_817)): Random {
  t.diagnostic(`seed ${seed}`);
  let state = seed >>> 0;
  const next = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return { below, pick: (values) => values[below(values.length)]!, chance: (probability) => next() < probability };
}
