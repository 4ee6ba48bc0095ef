import { vi } from "vitest";

/** Keeps the files that the page saves; answers with the lines of the last one. */
export function keepSavedFiles(): () => string[] {
  const files: string[] = [];
  vi.stubGlobal(
    "Blob",
    class {
      constructor([text]: string[]) {
        files.push(text ?? "");
      }
    },
  );
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => {});
  Object.assign(URL, { createObjectURL: () => "blob:", revokeObjectURL: () => {} });
  return () => files.at(-1)?.split("\r\n") ?? [];
}
