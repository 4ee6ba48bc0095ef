import { create } from "@bufbuild/protobuf";
import { render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { BookState } from "@/data";
import { BookHealthSchema } from "@/gen/evx/gateway/v1/market_views_pb";
import { BookHealthLine } from "./BookHealthLine";

it("tells another number now and then, and a book in doubt at once", () => {
  const now = vi.spyOn(performance, "now");
  const line = (bookSequence: bigint, state: BookState) => (
    <BookHealthLine
      health={create(BookHealthSchema, { bookSequence, state })}
      heardMs={0}
      isReplay={false}
    />
  );
  now.mockReturnValue(10_000);
  const { rerender } = render(line(7n, BookState.LIVE));
  now.mockReturnValue(10_050);
  rerender(line(8n, BookState.LIVE));
  expect(screen.getByText("7")).toBeVisible();
  now.mockReturnValue(10_600);
  rerender(line(9n, BookState.LIVE));
  expect(screen.getByText("9")).toBeVisible();
  now.mockReturnValue(10_650);
  rerender(line(10n, BookState.IN_DOUBT));
  expect(screen.getByText("in doubt")).toBeVisible();
  expect(screen.getByText("10")).toBeVisible();
});
