#pragma once

#include <string_view>

// Tags and message types of the dialect by their names in the dictionaries.

namespace evx::fix {

namespace tag {
inline constexpr int kAvgPx = 6;
inline constexpr int kBeginSeqNo = 7;
inline constexpr int kBeginString = 8;
inline constexpr int kBodyLength = 9;
inline constexpr int kCheckSum = 10;
inline constexpr int kClOrdId = 11;
inline constexpr int kCumQty = 14;
inline constexpr int kEndSeqNo = 16;
inline constexpr int kExecId = 17;
inline constexpr int kExecInst = 18;
inline constexpr int kLastMkt = 30;
inline constexpr int kLastPx = 31;
inline constexpr int kLastQty = 32;
inline constexpr int kMsgSeqNum = 34;
inline constexpr int kMsgType = 35;
inline constexpr int kNewSeqNo = 36;
inline constexpr int kOrderId = 37;
inline constexpr int kOrderQty = 38;
inline constexpr int kOrdStatus = 39;
inline constexpr int kOrdType = 40;
inline constexpr int kOrigClOrdId = 41;
inline constexpr int kPossDupFlag = 43;
inline constexpr int kPrice = 44;
inline constexpr int kRefSeqNum = 45;
inline constexpr int kSenderCompId = 49;
inline constexpr int kSenderSubId = 50;
inline constexpr int kSendingTime = 52;
inline constexpr int kSide = 54;
inline constexpr int kSymbol = 55;
inline constexpr int kTargetCompId = 56;
inline constexpr int kText = 58;
inline constexpr int kTimeInForce = 59;
inline constexpr int kTransactTime = 60;
inline constexpr int kAllocAccount = 79;
inline constexpr int kRawDataLength = 95;
inline constexpr int kRawData = 96;
inline constexpr int kEncryptMethod = 98;
inline constexpr int kExDestination = 100;
inline constexpr int kCxlRejReason = 102;
inline constexpr int kOrdRejReason = 103;
inline constexpr int kHeartBtInt = 108;
inline constexpr int kTestReqId = 112;
inline constexpr int kQuoteId = 117;
inline constexpr int kOrigSendingTime = 122;
inline constexpr int kGapFillFlag = 123;
inline constexpr int kExpireTime = 126;
inline constexpr int kNoMiscFees = 136;
inline constexpr int kMiscFeeAmt = 137;
inline constexpr int kMiscFeeCurr = 138;
inline constexpr int kMiscFeeType = 139;
inline constexpr int kResetSeqNumFlag = 141;
inline constexpr int kNoRelatedSym = 146;
inline constexpr int kExecType = 150;
inline constexpr int kLeavesQty = 151;
inline constexpr int kMdReqId = 262;
inline constexpr int kSubscriptionRequestType = 263;
inline constexpr int kNoMdEntries = 268;
inline constexpr int kMdEntryType = 269;
inline constexpr int kMdEntryPx = 270;
inline constexpr int kMdEntrySize = 271;
inline constexpr int kMdEntryDate = 272;
inline constexpr int kMdEntryTime = 273;
inline constexpr int kMdUpdateAction = 279;
inline constexpr int kMdReqRejReason = 281;
inline constexpr int kSecurityStatusReqId = 324;
inline constexpr int kSecurityTradingStatus = 326;
inline constexpr int kRefTagId = 371;
inline constexpr int kRefMsgType = 372;
inline constexpr int kSessionRejectReason = 373;
inline constexpr int kBusinessRejectRefId = 379;
inline constexpr int kBusinessRejectReason = 380;
inline constexpr int kCxlRejResponseTo = 434;
inline constexpr int kPartyId = 448;
inline constexpr int kPartyRole = 452;
inline constexpr int kNoPartyIds = 453;
inline constexpr int kSecondaryClOrdId = 526;
inline constexpr int kMassCancelRequestType = 530;
inline constexpr int kMassCancelResponse = 531;
inline constexpr int kMassCancelRejectReason = 532;
inline constexpr int kLongQty = 704;
inline constexpr int kShortQty = 705;
inline constexpr int kClearingBusinessDate = 715;
inline constexpr int kSettlementPrice = 730;
inline constexpr int kTrdType = 828;
inline constexpr int kTrdMatchId = 880;
inline constexpr int kMiscFeeBasis = 891;
inline constexpr int kLastFragment = 893;
inline constexpr int kTradeId = 1003;
inline constexpr int kAggressorIndicator = 1057;
inline constexpr int kDefaultApplVerId = 1137;
inline constexpr int kNoCollateralAmountChanges = 1703;
inline constexpr int kCollateralAmountChange = 1704;
inline constexpr int kCollateralAmountType = 1705;
inline constexpr int kAggressorSide = 2446;
inline constexpr int kSelfTradePreventionType = 2964;
inline constexpr int kCancelOrdersOnDisconnect = 8013;
inline constexpr int kMarketSettlementReportId = 20105;
inline constexpr int kTotNumMarketSettlementReports = 20106;
inline constexpr int kMarketResult = 20107;
inline constexpr int kNoMarketSettlementPartyIds = 20108;
inline constexpr int kMarketSettlementPartyId = 20109;
inline constexpr int kMarketSettlementPartyRole = 20110;
inline constexpr int kListenerSession = 20126;
inline constexpr int kReceiveSettlementReports = 20127;
inline constexpr int kOrderGroupId = 20130;
inline constexpr int kOrderGroupAction = 20131;
inline constexpr int kOrderGroupContractsLimit = 20132;
inline constexpr int kMessageRetentionPeriod = 20200;
inline constexpr int kBeginExecId = 21001;
inline constexpr int kEndExecId = 21002;
inline constexpr int kResentEventCount = 21003;
inline constexpr int kEventResendRejectReason = 21004;
inline constexpr int kUseDollars = 21005;
inline constexpr int kCancelOrderOnPause = 21006;
inline constexpr int kEnableIocCancelReport = 21007;
inline constexpr int kPreserveOriginalOrderQty = 21008;
inline constexpr int kMaxExecutionCost = 21009;
inline constexpr int kSkipPendingExecReports = 21011;
inline constexpr int kUseExpiredOrdStatus = 21012;
inline constexpr int kRfqId = 21023;
inline constexpr int kAlwaysEmitNewBeforeTrade = 21026;
inline constexpr int kSplitCollateralReturn = 21027;
inline constexpr int kUseCapReservation = 21032;
}  // namespace tag

namespace msg_type {
inline constexpr std::string_view kHeartbeat = "0";
inline constexpr std::string_view kTestRequest = "1";
inline constexpr std::string_view kResendRequest = "2";
inline constexpr std::string_view kReject = "3";
inline constexpr std::string_view kSequenceReset = "4";
inline constexpr std::string_view kLogout = "5";
inline constexpr std::string_view kExecutionReport = "8";
inline constexpr std::string_view kOrderCancelReject = "9";
inline constexpr std::string_view kLogon = "A";
inline constexpr std::string_view kNewOrderSingle = "D";
inline constexpr std::string_view kOrderCancelRequest = "F";
inline constexpr std::string_view kOrderCancelReplaceRequest = "G";
inline constexpr std::string_view kMarketDataRequest = "V";
inline constexpr std::string_view kMarketDataSnapshot = "W";
inline constexpr std::string_view kMarketDataIncremental = "X";
inline constexpr std::string_view kMarketDataRequestReject = "Y";
inline constexpr std::string_view kSecurityStatusRequest = "e";
inline constexpr std::string_view kSecurityStatus = "f";
inline constexpr std::string_view kBusinessMessageReject = "j";
inline constexpr std::string_view kOrderMassCancelRequest = "q";
inline constexpr std::string_view kOrderMassCancelReport = "r";
inline constexpr std::string_view kEventResendRequest = "U1";
inline constexpr std::string_view kEventResendComplete = "U2";
inline constexpr std::string_view kEventResendReject = "U3";
inline constexpr std::string_view kMarketSettlementReport = "UMS";
inline constexpr std::string_view kOrderGroupRequest = "UOG";
inline constexpr std::string_view kOrderGroupResponse = "UOH";
}  // namespace msg_type

// SessionRejectReason (373).
enum class SessionRejectReason : int {
  kInvalidTag = 0,
  kRequiredTagMissing = 1,
  kTagNotDefinedForMessage = 2,
  kUndefinedTag = 3,
  kTagWithoutValue = 4,
  kValueIncorrect = 5,
  kIncorrectFormat = 6,
  kCompIdProblem = 9,
  kSendingTimeAccuracy = 10,
  kInvalidMsgType = 11,
  kTagAppearsTwice = 13,
  kTagOutOfOrder = 14,
  kGroupCountIncorrect = 16,
  kOther = 99,
};

// BusinessRejectReason (380).
enum class BusinessRejectReason : int {
  kOther = 0,
  kUnknownId = 1,
  kUnknownSecurity = 2,
  kUnsupportedMessageType = 3,
  kNotAvailable = 4,
  kConditionalFieldMissing = 5,
  kNotAuthorized = 6,
  kRateLimit = 8,
};

}  // namespace evx::fix
