#pragma once

// EVX_FIELDS(a, b, c) inside a struct lists its fields once. Codec, printer and comparison are made
// from that list:
//
//   struct CancelOrder {
//     AccountId account;
//     OrderId order_id;
//     EVX_FIELDS(account, order_id)
//   };
//   CancelOrder::VisitFields(command, [](std::string_view name, auto& field) { ... });
//
// The order of the list is the order on the wire: fields are only ever added at its end.

#define EVX_FIELDS_PARENS ()
#define EVX_FIELDS_EXPAND(...) \
  EVX_FIELDS_EXPAND3(EVX_FIELDS_EXPAND3(EVX_FIELDS_EXPAND3(EVX_FIELDS_EXPAND3(__VA_ARGS__))))
#define EVX_FIELDS_EXPAND3(...) \
  EVX_FIELDS_EXPAND2(EVX_FIELDS_EXPAND2(EVX_FIELDS_EXPAND2(EVX_FIELDS_EXPAND2(__VA_ARGS__))))
#define EVX_FIELDS_EXPAND2(...) \
  EVX_FIELDS_EXPAND1(EVX_FIELDS_EXPAND1(EVX_FIELDS_EXPAND1(EVX_FIELDS_EXPAND1(__VA_ARGS__))))
#define EVX_FIELDS_EXPAND1(...) __VA_ARGS__
#define EVX_FIELDS_EACH(field, ...)  \
  evx_visit(#field, evx_self.field); \
  __VA_OPT__(EVX_FIELDS_AGAIN EVX_FIELDS_PARENS(__VA_ARGS__))
#define EVX_FIELDS_AGAIN() EVX_FIELDS_EACH

#define EVX_FIELDS(...)                                                  \
  template <class Self, class Visit>                                     \
  static constexpr void VisitFields(Self& evx_self, Visit&& evx_visit) { \
    EVX_FIELDS_EXPAND(EVX_FIELDS_EACH(__VA_ARGS__))                      \
  }

// For a struct without fields.
#define EVX_NO_FIELDS()              \
  template <class Self, class Visit> \
  static constexpr void VisitFields(Self&, Visit&&) {}
