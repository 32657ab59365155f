import memory from "../../src/blobs/memory.ts";
import { hostWith } from "../hosts.ts";
import { blobContract } from "./blob-contract.ts";

blobContract("memory", (config) => memory(config, hostWith()));
