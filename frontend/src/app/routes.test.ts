import { describe, expect, it, vi } from "vitest";
import { PageChunk } from "./routes";

describe("PageChunk", () => {
  it("has its component at once when it was loaded before, and is loaded again after a failure", async () => {
    const Page = () => null;
    const read = vi.fn(async () => ({ default: Page }));
    read.mockRejectedValueOnce(new Error("no connection"));
    const chunk = new PageChunk(read);
    await expect(chunk.load()).rejects.toThrow("no connection");
    expect(chunk.component).toBeUndefined();
    expect(await chunk.load()).toBe(Page);
    expect(chunk.component).toBe(Page);
  });
});
