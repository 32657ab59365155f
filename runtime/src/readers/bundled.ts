// Resources that the build put into the bundle: no disk and no network.

import type { ReaderFactory } from "../contract.ts";
import { loadFailed, recorded } from "./reading.ts";

const bundled: ReaderFactory = (_source, host, bundle) =>
  recorded("bundled", host, bundle, async (uri) => {
    throw loadFailed(uri, "it is not in the bundle");
  });
export default bundled;
