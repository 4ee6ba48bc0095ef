#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// QuickFIX as packaged; its headers need C++14.
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketInitiator.h>

// usage: quickfix_client SETTINGS
//
// QuickFIX's own engine with every session of a settings file, driven by lines. Each message that a
// session sends or gets is a line on stdout, and so is each logon and logout:
//
//   KalshiNR logon                      KalshiNR in 8=FIXT.1.1|9=...|
//   KalshiNR logout                     KalshiNR out 8=FIXT.1.1|9=...|
//
// "in" is what the application is given: in order, without gaps. A line on stdin sends a message,
// "KalshiNR 35=D|11=a|...", or ends all sessions: "stop". All that is ours here is the logon:
// the signature, with the Ed25519 key of PrivateKeyFile, and the fields of LogonFields ("21011=Y").

namespace {

using MessageField = std::pair<int, std::string>;

std::vector<MessageField> ParseFields(const std::string& text) {
  std::vector<MessageField> fields;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    const std::size_t equals = text.find('=', at);
    if (equals < end) {
      fields.emplace_back(std::stoi(text.substr(at, equals - at)),
                          text.substr(equals + 1, end - equals - 1));
    }
    at = end + 1;
  }
  return fields;
}

std::string Sign(const std::string& key_file, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(key_file.c_str(), "r"),
                                                             std::fclose);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  unsigned char signature[64];
  std::size_t size = sizeof signature;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature, &size, bytes, text.size()) != 1) {
    std::cerr << "quickfix_client: " << key_file << " signs nothing\n";
    std::exit(1);
  }
  unsigned char encoded[4 * (sizeof signature + 2) / 3 + 1];
  const int length = EVP_EncodeBlock(encoded, signature, static_cast<int>(size));
  return std::string(reinterpret_cast<char*>(encoded), static_cast<std::size_t>(length));
}

class Driver : public FIX::Application {
 public:
  explicit Driver(const FIX::SessionSettings& settings) : settings_(settings) {}

  void onCreate(const FIX::SessionID&) override {}
  void onLogon(const FIX::SessionID& session) override { Print(session, "logon"); }
  void onLogout(const FIX::SessionID& session) override { Print(session, "logout"); }
  void toAdmin(FIX::Message& message, const FIX::SessionID& session) override {
    if (message.getHeader().getField(FIX::FIELD::MsgType) == "A") AddLogonFields(message, session);
    Print(session, "out " + Text(message));
  }
  void toApp(FIX::Message& message, const FIX::SessionID& session) throw(FIX::DoNotSend) override {
    Print(session, "out " + Text(message));
  }
  void fromAdmin(const FIX::Message& message,
                 const FIX::SessionID& session) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
                                                      FIX::IncorrectTagValue,
                                                      FIX::RejectLogon) override {
    Print(session, "in " + Text(message));
  }
  void fromApp(const FIX::Message& message,
               const FIX::SessionID& session) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
                                                    FIX::IncorrectTagValue,
                                                    FIX::UnsupportedMessageType) override {
    Print(session, "in " + Text(message));
  }

  void Send(const std::string& target, const std::string& fields) {
    for (const FIX::SessionID& session : settings_.getSessions()) {
      if (session.getTargetCompID() != target) continue;
      FIX::Message message;
      for (const MessageField& field : ParseFields(fields)) {
        if (field.first == FIX::FIELD::MsgType) {
          message.getHeader().setField(field.first, field.second);
        } else {
          message.setField(field.first, field.second);
        }
      }
      FIX::Session::sendToTarget(message, session);
    }
  }

 private:
  static std::string Text(const FIX::Message& message) {
    std::string text = message.toString();
    std::replace(text.begin(), text.end(), '\x01', '|');
    return text;
  }

  void Print(const FIX::SessionID& session, const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::cout << session.getTargetCompID().getValue() << ' ' << text << std::endl;
  }

  void AddLogonFields(FIX::Message& message, const FIX::SessionID& session) {
    const FIX::Dictionary& own = settings_.get(session);
    const FIX::Header& header = message.getHeader();
    const std::string signature =
        Sign(own.getString("PrivateKeyFile"), header.getField(FIX::FIELD::SendingTime) +
                                                  "\x01"
                                                  "A\x01" +
                                                  header.getField(FIX::FIELD::MsgSeqNum) + '\x01' +
                                                  session.getSenderCompID().getValue() + '\x01' +
                                                  session.getTargetCompID().getValue());
    message.setField(FIX::FIELD::RawDataLength, std::to_string(signature.size()));
    message.setField(FIX::FIELD::RawData, signature);
    for (const MessageField& field : ParseFields(own.getString("LogonFields"))) {
      message.setField(field.first, field.second);
    }
  }

  const FIX::SessionSettings& settings_;
  std::mutex mutex_;  // Sessions have threads of their own.
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const FIX::SessionSettings settings{std::string(argv[1])};
    Driver driver(settings);
    FIX::FileStoreFactory store(settings);
    FIX::SocketInitiator initiator(driver, store, settings);
    initiator.start();
    for (std::string line; std::getline(std::cin, line) && line != "stop";) {
      const std::size_t blank = line.find(' ');
      driver.Send(line.substr(0, blank), line.substr(blank + 1));
    }
    initiator.stop();
  } catch (const std::exception& error) {
    std::cerr << "quickfix_client: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
