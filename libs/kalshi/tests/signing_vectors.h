#pragma once

// Keys and signatures made with Python's `cryptography` 48.0: what an independent implementation
// of the venue's scheme gives. The keys open nothing.

namespace evx::kalshi::vectors {

inline constexpr char kText[] = "1703123456789GET/trade-api/v2/portfolio/balance";

inline constexpr char kRsaPublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzPddbNMQKV5CFGr4J6Jq\n"
    "j3BTtY++dfxqts1xy0r0v6/sni1jAF8eLvMtMBzol4MY3ui4sQ2Ixg0WD4mKwn+q\n"
    "KAZ+k8l+4sRWQeIHADwHSCoeDWaj1hBoKn74KRm+gMlUaoI84aNmmw8UAP/rKyxC\n"
    "0quEeIFxUB63hqmvXb+7p8HsiSxlMy3Yv7Ab/unYmh9UjNxlx323CIxnqRbrmaaI\n"
    "xSzpWFSRsKEBvp/0hBDWuVCkI7241RqECpS9S7/5MTyhi8LbEG9PRhSAWXZ2nB15\n"
    "nuCOlgChkZ5KDi4JN6hgFcMoB9d76+SM+ieQ+tCLqzEu+Lz6ySzTiKwY4NyeldAt\n"
    "lwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

// The same key as PKCS#1.
inline constexpr char kRsaPublicPkcs1Pem[] =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEAzPddbNMQKV5CFGr4J6Jqj3BTtY++dfxqts1xy0r0v6/sni1jAF8e\n"
    "LvMtMBzol4MY3ui4sQ2Ixg0WD4mKwn+qKAZ+k8l+4sRWQeIHADwHSCoeDWaj1hBo\n"
    "Kn74KRm+gMlUaoI84aNmmw8UAP/rKyxC0quEeIFxUB63hqmvXb+7p8HsiSxlMy3Y\n"
    "v7Ab/unYmh9UjNxlx323CIxnqRbrmaaIxSzpWFSRsKEBvp/0hBDWuVCkI7241RqE\n"
    "CpS9S7/5MTyhi8LbEG9PRhSAWXZ2nB15nuCOlgChkZ5KDi4JN6hgFcMoB9d76+SM\n"
    "+ieQ+tCLqzEu+Lz6ySzTiKwY4NyeldAtlwIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";

inline constexpr char kRsaPrivatePkcs1Pem[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEowIBAAKCAQEAzPddbNMQKV5CFGr4J6Jqj3BTtY++dfxqts1xy0r0v6/sni1j\n"
    "AF8eLvMtMBzol4MY3ui4sQ2Ixg0WD4mKwn+qKAZ+k8l+4sRWQeIHADwHSCoeDWaj\n"
    "1hBoKn74KRm+gMlUaoI84aNmmw8UAP/rKyxC0quEeIFxUB63hqmvXb+7p8HsiSxl\n"
    "My3Yv7Ab/unYmh9UjNxlx323CIxnqRbrmaaIxSzpWFSRsKEBvp/0hBDWuVCkI724\n"
    "1RqECpS9S7/5MTyhi8LbEG9PRhSAWXZ2nB15nuCOlgChkZ5KDi4JN6hgFcMoB9d7\n"
    "6+SM+ieQ+tCLqzEu+Lz6ySzTiKwY4NyeldAtlwIDAQABAoIBAAPBEaf61w1ICv5S\n"
    "8g26gvqMSJJOyZsFRNur8KeJ7BvmoRr33ZHFUBNbT9BvC+sDUeEonhvMaNfwnXYB\n"
    "1UPoxqsaut4wYikzvuYS3YFILKumcqM6KMAGsWzwjrKfn0U5SYc9AnHcxQV8pbbZ\n"
    "xfKg/UAaN8fBWUd5V5jZNwB+mv+lrkusTK1VSyuYds+y/SFJNI/ctIPJ8BwTXLVI\n"
    "fZT1L3VYv9ImL4AshLuFB3aDaogwYi2GxqtCu8fDxGDrWtM6srp8jvNHeANRCyZZ\n"
    "acK30heTgbhAkHSS4ORV6/egJcnuQ8x2YKtzzmgV3KrhRdRDKNNWaoZNvSTOq108\n"
    "ZlRLp/UCgYEA+hV328q29mwOHFd5LFwPpH00dNLUgXSX1t0i391E/9bGQLBVyC0j\n"
    "WwyWWYHwTh6k0qn70lLv/ujpLY1sfa0iAy6Rx+ZThEDhuoj/lCwW4UtBT7bF6Lb9\n"
    "+ZcKKx2JLUO+nBmsPeJ8Ipze6fF5Tv2Trx6Hj9bFPmjF8PcICtSRZQMCgYEA0dCp\n"
    "CQlR6V3kX8A9GDuZ51NErwhC+5ekbqxL4WNWMtDzngthSLSaEugsLOLG9xD1NuCK\n"
    "QHb00LNUQQjB3RfBdyf/WtBT/7EJLiU9voaIl1Z3nyYgaXj+lLLre9cj84cYNkOi\n"
    "Q20M/0f48rLRm2P8SkWo/7MoY+j69JVdDamx/t0CgYBPc4SZ0oRgM6IkBPJdUn4x\n"
    "vwlsWBLlcfpPbAAJaU3jjgN8R8lpCFYkNhKKK0sCNqAcwZ5cirbuoGZ8b2LZZqjY\n"
    "o/HytU0xRj+wuJeiJoO6XeNJBQNJVOHJat/zJLYRKGWlSE69dngDsxzq7CmjG9LQ\n"
    "nv1oiE4v7q98R69JaZErqwKBgQCUcVtWgFiKkhpEQD85SNm/VyNN7rttQ0Fb59yb\n"
    "rutKcpkZpRWEGfq0C71NWHjKTh4fYEeQCll02ptuk6KNKQSAqDS67I+xZHCJTGHd\n"
    "zVMQN2XUnGXsGWWMkPWYHYNbBaZ0pe9EYwACEMqp8yfnF5tkdNp3ZiraXPhIWPCH\n"
    "/RpopQKBgCG0W/FJfBhhf2s3zWynrELGOl4opfzdYrucUDs0ffIKataTaousxw1l\n"
    "gyras5oJe0+oBUijwd3XpwTcvC+B4IdvPpVZcWvR24yuYIKuykcvT2JTOS5WVXR8\n"
    "RNPOn1YD8M6EZiFDWuTUV29o70rYZKZFq0zsuDkHVBUMkrerzBb7\n"
    "-----END RSA PRIVATE KEY-----\n";

// PSS, SHA-256, salt 32: the venue's scheme.
inline constexpr char kRsaSignature[] =
    "bvLHazoSio5Cadwtvui+l/tQumIXnZoUQgkxNVXEnxjU8CPe5kPoPsBihHVwLRpof9D4J9YqFt2rDlf8mDsxUB3x"
    "TCF6A5dKJO6P8pRXN5CyAAUnv5myLvoWGGepscbY/8mOAtLhjXGR2RKt0vX2dMn/E4hZ9BAK/HPkYx/jzbDpgndU"
    "NbUDxFcAJwi6qpik0lq/2mHol+bq0Ho+qaBHj7liIDeCGuYrTc290b8NkGEt7UAx5OrgexVAMj63qrcBB7edOYrO"
    "PlaGi/72g1GPpT3SW1DiZPF4Mk2UY3CTaBjcHNHKlh6Y6I0/IBHldxJYl/B53R3GqeGT80CrD4+ceg==";

// The same with the longest salt, and with none: both must fail.
inline constexpr char kRsaSignatureMaxSalt[] =
    "EJxNmYyBdR/CpEkfN+XM1A6nbkQQ2dCtaEA9qQCBv9+OJO0Xoe1/+wd5I3BrLneyp3f9Z+iNTLlCtL8Ex4HonR7n"
    "tIz+HmzGaQa/yfrLHUpiaecxRZinBk7t1Yd+iJHwfd2u9iRQl6Zb+EUbXgrA9qLpJsbKhAd8eMT5obf3laiWqRaB"
    "ZpTXs1tTO2chptBRBNLwJ111HF6NjneGbLIM33SWKYQOguyi/D2LMTxmqa5mrEvBrMBmsHOsM4gWIZoX3WvKF1lB"
    "n5EuhUJEsfP+iw5GAfwF8j05G6oGTAljORG+jIfjdqZDqZ72tloi/eScUxWTIXsHiCo3u56/z83VHA==";
inline constexpr char kRsaSignatureNoSalt[] =
    "j7OTwZTEGx7lHAAOzCa9icsS/czknN7YdU8488n2NdIblzClaC/OLilYXjSPNQtZfT6FVb4qoYw/v7CBXntzd8W9"
    "0Azs+OSGH5jjm25zJyRt3CGG1upXPoReyftKzIsw7kITXxlD7BoC/y9Evq/ptcEZJ1nNpaZ9xZ9fATH4dCUgHSlu"
    "uiXR7QXerYcP80E66H/4EwdcenJOzui1/r70rXeMMN+S9XwvkrOsSWbjadhF8FZ59eb1IycVwmPkZNwWS2TJp1yo"
    "OQkwEZfp9vMf39S6EibARqEBmxym/+w0juXTP4gYgl8VP+to5tPpE6jXHsStQ15s2CUS3Chnm7M/4g==";

// PKCS#1 v1.5, and PSS over SHA-512: both must fail.
inline constexpr char kRsaSignaturePkcs1[] =
    "xkZICnHgrmYbTQLE2WG7K9yl2RZHgiK2yel4nc1CZru7+3qsbFRkadqd0LqHtUGKJpeZh0KTdNQMwI3Q3/PsZLKT"
    "DcdLFe9IfMbOLeZAZg//JQZWkmmOV8cNpkLHgaK+UTGtHIKjlhzqZxgjvbzmTlZxTXrVGL4/tnqZUEsYafJYZe5t"
    "ARxh7xGPbI5pCJl9w3syBDtGPlySzSNWvP/qy50jyAV/5G/DskrUOy+JtmTfPjjtpR9Puk96cWTLuOn8fdQl44KA"
    "D41zg8pqebyla/NM0jP/fEPnJ+ejmdLiYnxk22KYmcI5aSXhNx7RhrAHcN87aW6UWgRDBUzRglDdkQ==";
inline constexpr char kRsaSignatureSha512[] =
    "O3KS0TrDL5bTaHJ9rHFwZkNL82ltNjH4COiU/8N1PBCejlha+aN0DyRvSOWv9B7sGM89rB7meHF5kJMojm3MAUom"
    "Y+H0YrMEYHTmyZQpTZZ4LQ1vTrZ61vQk6TRq2VHZK3PdkDYKXfUlxhVKD7H7itCSQVXJS0GLwfvOBw/D7upLQg2l"
    "iiWV3GQqvxlukcY2+kxZqstc8Rz9a/6oTIUaHJmvaYhy8fK2GLCRndoiVTZKSKu9fA6utCILRxdU9Q6E1LHanFy3"
    "R7heR8HRLNrJ2oGw6ZaWP98q6g7ik3KwIRbaXlHYs2DD1NfHSFOpZlsBBe1pONaqv5b5Q2e1gZtKcw==";

inline constexpr char kRsaEncryptedPem[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIIFNTBfBgkqhkiG9w0BBQ0wUjAxBgkqhkiG9w0BBQwwJAQQCKrrjhfq9mA389/J\n"
    "Uw4ltAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPx2yQ4IPnWw92y8\n"
    "k9ZGo/kEggTQgJfOnsBHNV/SYk0Pei/qbifwPROBNtSpyx3MSfdaV42Lf5E3rTO6\n"
    "eemSmdZPYFMgfPBAEgw2TbOFltwrE8CUaQC5CRpEwPPYuOQUyy9BkFJq/oUrVhym\n"
    "wBWSSqejYjVdd833WIi+6J2xVwlt+JJ5uNOe3X9cVwpsy7kL5pB+3c1H+iOcXKiK\n"
    "8Cxdf82SEpiLb7E/hEm/EHYpdclWiE2aMEu/uozYQpODqF05mb2EXCVCD91tedIB\n"
    "KS7bB26YxvWk0H9Ygv4fyycqE5RJ+rF9GW4uwt6zexQd45kbB28KdUpUIQXfDvL1\n"
    "raysrvC89Np2FyRnxt0w5u2ZrlbOzTpKBm0ytkVDHFcEDffstCihyYoT2tJPngvs\n"
    "a5CEWRwsMQQ4ZyKXzf2I8CjBXwFEMGrrtnGUqbgIvabod2+76+TuhjAM8d55pk6B\n"
    "Zfr6nxcXrxmT0NjBNtfrw9TWE8cdi5Pffkj8AOLU0jvz5Dl+OXKXJLDtUcM3i7BM\n"
    "TVcfF6z1xA8Mqw0n1AJ9pGxdOPLCrk2kHcwA3/wYBgRZF1skvNCySHna2vdG2RR1\n"
    "KAWFHoX1ttpmN7ileHSb5zWqamqYnnZdjdoejurRqOwUY2F+ucknqz2K/zsrqt4V\n"
    "gn/dT4k6ag+DWZwIjYaQ7pmS6oKMRrlBckEjtBSTfxF1uAxYes2NfyQIUK8BLYAQ\n"
    "Xm5RjqoScEcPcHA53V0qZCLYiGHb6uSqGhzUZtZqndBvdY5o38pxxeKwQORempsO\n"
    "Zov8hNA0qUHtzo+sXL+928u2BxzbhrGIt7ViFPOC/7nADKEI+IgBa9YbqsFsc6Tr\n"
    "+sc/S/Bl2kYyDvRF5Up8c3uj3fC7rf586hV3pGOd2mKV5W6VBDMgl/2U3Vmg/Jy8\n"
    "kniKExEP8a/R4/77sZrqXKoRmItqgHFtA+tkarshNXsqn/PSjAAqs/j6TrPrZVL+\n"
    "SWZiIjmZdJl7Dub/8xZNcJKxvAyGUUcFT93KxZgwlKUaUnzxNX8t3Xn5yKwT9UN4\n"
    "zRyeL1CY8Qb0VJyB0s+My0ELmvqSZYekuqFR0lJRBt1mW1hhat48UkOQlpWinpTU\n"
    "WBY/JMESX6gZ2ZZiLUb7lxqsaKKg+DhhjjkEWXFiyH59RDAjQ6drs8qNT3lMGQGu\n"
    "H77ct1BEv4v33jDhIAp7eUeJe/5CLN0pn2/rZlB8ZtgxqDUywAxY47L1B3kD6Pbi\n"
    "DPNWNnDdPFu+Sl7/VDg68AyAawmv6BkpcWG6jB6SesVl1OSMhJccU1KGBmUEoEKd\n"
    "XNFWjyhEVHDgCtDzHpFIl6hqfzoitMM9F/EKNbvpXXEki6KNX2YlViu0vfQ3+OXl\n"
    "w7Sin4zRdoihWQRc2IfKtsw6yEb1yggqxaoaZNRvsWtk6T5zviGissAcDjSqpUu1\n"
    "dDGr4/vLtPX4xh+5KEp44qi0qYLf05eRceC4B74VRMNroKNbjE5mG/pKpYevMuJG\n"
    "pLll3w5088APEG+FwEb1JcmpXsyhvRpSxHPGKyCrSd4kLJkErAYgAVfr41Ylpnyy\n"
    "WI4EFPt8d3AcmwyalZ0EgZm97CpVahLk1Mjf7z0A+XvwncBzwhR4Tv3OeGzlZBex\n"
    "VhyemFBXOa8qnN/UE2Ivvk/76P9qCSBI8TLdaKP2am+2HNTRkq5tceQ=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

inline constexpr char kEd25519PublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAwdJyYdA5PodLN98bkIvoGpO2YbnEWYpIisK3QHbFzE0=\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr char kEd25519PrivatePem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIKrPFo3kUIbwC7VecGzmyIdS+bq13whCpCnzr6VWD4HR\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr char kEd25519Signature[] =
    "GSrWjV+IMXEqlK7JJCpKrB0NIMzFYHWd640IlKn6L90E7fd8AcbWl68JY8Cj9B6domKRen1xNPonjPcXvDzcDQ==";

// Keys the venue does not take: 1024 bits, and an elliptic curve.
inline constexpr char kRsa1024PublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDIfYnSQ5p6FWg24h/KnZ/Acakw\n"
    "fmF6Upx6KkkVK1xQDxpvrZ/w4RMdz3Gy0fErDmOgvf6NqblYDfan6AoBqNk4MQ2T\n"
    "uk0XVoCV3SjVg2v0ciJlsKwOyIZalqrlIsLyaR2RErWXBLf8sYumZu2pZPUPj+4N\n"
    "2mCUnWlWeJr2VPWraQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr char kEcPublicPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4nn9+fhab6J3jhihSDPUgdp89HHa\n"
    "7WbyZ8qj7CJSyub8vpreqUZ+Q1m7aoTsMCxUG2QOwOx4F9/+UxilxSMHnw==\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace evx::kalshi::vectors
