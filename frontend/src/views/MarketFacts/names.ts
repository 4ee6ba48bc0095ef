import type { Tone } from "@/components/Badge";
import { MarketResult, MarketStatus } from "@/data";

export const STATUS_WORDS: Record<MarketStatus, { text: string; tone: Tone }> = {
  [MarketStatus.UNSPECIFIED]: { text: "unknown", tone: "warning" },
  [MarketStatus.INITIALIZED]: { text: "not open yet", tone: "neutral" },
  [MarketStatus.ACTIVE]: { text: "open", tone: "positive" },
  [MarketStatus.INACTIVE]: { text: "paused", tone: "warning" },
  [MarketStatus.CLOSED]: { text: "closed", tone: "neutral" },
  [MarketStatus.DETERMINED]: { text: "determined", tone: "info" },
  [MarketStatus.DISPUTED]: { text: "disputed", tone: "negative" },
  [MarketStatus.AMENDED]: { text: "amended", tone: "warning" },
  [MarketStatus.FINALIZED]: { text: "settled", tone: "neutral" },
};

export const RESULT_WORDS: Record<MarketResult, string> = {
  [MarketResult.UNSPECIFIED]: "not known yet",
  [MarketResult.YES]: "YES",
  [MarketResult.NO]: "NO",
  [MarketResult.SCALAR]: "scalar",
  [MarketResult.VOID]: "void",
};
