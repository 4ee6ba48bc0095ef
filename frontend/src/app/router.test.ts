import { describe, expect, it } from "vitest";
import { parseRoute, routeTo } from "@/app/router";

describe("parseRoute", () => {
  it("reads page, argument and query of a fragment", () => {
    const route = parseRoute("#/market/KXGOLD-26?view=no");
    expect(route.page).toBe("market");
    expect(route.argument).toBe("KXGOLD-26");
    expect(route.query.get("view")).toBe("no");
  });

  it.each(["", "#", "#/"])("takes %j for the table of markets", (hash) => {
    expect(parseRoute(hash).page).toBe("markets");
  });

  it("gives back what routeTo made, whatever stands in it", () => {
    const route = parseRoute(routeTo("market", "A/B ?#%", { q: "a&b=c" }));
    expect(route.argument).toBe("A/B ?#%");
    expect(route.query.get("q")).toBe("a&b=c");
  });

  it("keeps a broken escape as it stands", () => {
    expect(parseRoute("#/market/%zz").argument).toBe("%zz");
  });
});
