#include "tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <climits>

#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::net {
namespace {

constexpr std::size_t kRecordBytesMax = 16 * 1024;

// ALPN: HTTP/1.1 where the client offers it; a client that offers only others goes on without.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_length,
                   const unsigned char* offered, unsigned int offered_length, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_length, kHttp11, sizeof kHttp11 - 1, offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

std::string LastError() {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

void MoveAll(BIO* from, std::string& to) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(from, &data);
  if (size > 0) to.append(data, static_cast<std::size_t>(size));
  (void)BIO_reset(from);
}

}  // namespace

struct TlsContext::Impl {
  ~Impl() { SSL_CTX_free(context); }
  SSL_CTX* context = nullptr;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Load(
    const std::string& certificate_chain_file, const std::string& private_key_file) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->context = SSL_CTX_new(TLS_server_method());
  if (impl->context == nullptr) return Internal("TLS context: " + LastError());
  SSL_CTX* context = impl->context;
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  // Idle connections are many; they need no record buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_chain_file.c_str()) != 1) {
    return InvalidArgument("TLS certificate chain " + certificate_chain_file + ": " + LastError());
  }
  if (SSL_CTX_use_PrivateKey_file(context, private_key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument("TLS private key " + private_key_file + ": " + LastError());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return InvalidArgument("TLS private key " + private_key_file + " does not belong to " +
                           certificate_chain_file);
  }
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

struct TlsSession::Impl {
  ~Impl() { SSL_free(ssl); }  // Frees both BIOs.
  SSL* ssl = nullptr;
  BIO* in = nullptr;   // From the peer.
  BIO* out = nullptr;  // To the peer.
};

TlsSession::TlsSession(const TlsContext& context) : impl_(std::make_unique<Impl>()) {
  impl_->ssl = SSL_new(context.impl_->context);
  impl_->in = BIO_new(BIO_s_mem());
  impl_->out = BIO_new(BIO_s_mem());
  EVX_CHECK(impl_->ssl != nullptr && impl_->in != nullptr && impl_->out != nullptr);
  SSL_set_bio(impl_->ssl, impl_->in, impl_->out);
  SSL_set_accept_state(impl_->ssl);
}

TlsSession::~TlsSession() = default;

bool TlsSession::handshake_done() const { return SSL_is_init_finished(impl_->ssl) == 1; }

TlsSession::Status TlsSession::Receive(std::string_view received, ByteBuffer& plain,
                                       std::string& wire) {
  EVX_CHECK(received.size() <= INT_MAX);
  ERR_clear_error();
  BIO_write(impl_->in, received.data(), static_cast<int>(received.size()));
  Status status = Status::kOk;
  while (true) {
    plain.Reserve(kRecordBytesMax);
    std::size_t count = 0;
    // Also drives the handshake until it is done.
    const int result = SSL_read_ex(impl_->ssl, plain.write_begin(), plain.writable(), &count);
    if (result == 1) {
      plain.Commit(count);
      continue;
    }
    const int error = SSL_get_error(impl_->ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) {
      status = Status::kClosed;
    } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      status = Status::kFailed;
    }
    break;
  }
  MoveAll(impl_->out, wire);
  ERR_clear_error();
  return status;
}

bool TlsSession::Send(std::string_view plain, std::string& wire) {
  ERR_clear_error();
  std::size_t count = 0;
  const bool sent =
      plain.empty() ||
      (SSL_write_ex(impl_->ssl, plain.data(), plain.size(), &count) == 1 && count == plain.size());
  MoveAll(impl_->out, wire);
  ERR_clear_error();
  return sent;
}

void TlsSession::Close(std::string& wire) {
  ERR_clear_error();
  if (handshake_done()) SSL_shutdown(impl_->ssl);
  MoveAll(impl_->out, wire);
  ERR_clear_error();
}

}  // namespace evx::net
