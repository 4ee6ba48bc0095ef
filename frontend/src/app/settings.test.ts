import { describe, expect, it } from "vitest";
import { parseSettings } from "@/app/settings";

describe("parseSettings", () => {
  it("gives back what was kept", () => {
    const kept = {
      theme: "light",
      density: "compact",
      favourites: ["A"],
      choices: { "share.left": "40" },
    };
    expect(parseSettings(JSON.stringify(kept))).toEqual(kept);
  });

  it.each([
    null,
    "",
    "nonsense",
    "[1]",
    "7",
    '{"theme":"pink","favourites":[1],"choices":{"a":1}}',
  ])("takes the defaults for what is not understood: %j", (text) => {
    expect(parseSettings(text)).toEqual({
      theme: "system",
      density: "regular",
      favourites: [],
      choices: {},
    });
  });
});
