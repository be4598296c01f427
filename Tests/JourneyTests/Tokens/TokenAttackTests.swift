// Tokens that must let nobody in, each as an attacker would send it. All of them are one and the same 401: what was wrong
// is for the log.

import Crypto
import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct TokenAttackTests {
    /// What is sent, and what the attacker hopes for.
    struct Attack {
        let name: String
        let token: String

        init(_ name: String, _ token: String) {
            self.name = name
            self.token = token
        }
    }

    @Test func `lets none of them in, and tells them nothing`() async throws {
        let issuer = try TokenIssuer(tenant: Fixtures.tenantA)
        let attacks = try Self.all(issuer, stranger: TokenIssuer(tenant: Fixtures.tenantA, isOther: true))
        try await withTokens(of: issuer) { gateway, _ in
            let good = try await gateway.get(Fixtures.active, key: try issuer.token())
            let calls = gateway.stubs.calls.count
            let plain = try await gateway.get(Fixtures.active, key: "")

            #expect(good.status == 200)
            for attack in attacks {
                let reply = try await gateway.get(Fixtures.active, key: attack.token)

                expectError(reply, status: 401, "Authentication required", "\(attack.name)")
                #expect(reply["WWW-Authenticate"] == "Bearer", "\(attack.name)")
                #expect(reply.body == plain.body, "\(attack.name)")
                #expect(reply.fields.map(\.name) == plain.fields.map(\.name), "\(attack.name)")
            }
            #expect(attacks.count >= 70)
            #expect(gateway.stubs.calls.count == calls)
            #expect(try await gateway.get(Fixtures.active, key: try issuer.token()).status == 200)
        }
    }

    static func all(_ issuer: TokenIssuer, stranger: TokenIssuer) throws -> [Attack] {
        try algorithms(issuer, stranger) + headers(issuer, stranger) + signatures(issuer, stranger) + claims(issuer)
            + forms(issuer)
    }

    // MARK: The algorithm

    private static func algorithms(_ issuer: TokenIssuer, _ stranger: TokenIssuer) throws -> [Attack] {
        var attacks: [Attack] = []
        for name in [
            "none", "None", "NONE", "nOnE", "", "none ", "HS256", "RS1", "RS512", "ES512", "es256", "EdDSA ", "dir",
        ] {
            let header = #"{"alg":"\#(name)","kid":"ec"}"#
            let unsigned = part(header) + "." + part(issuer.claims())
            attacks.append(Attack("alg \(name) without signature", unsigned + "."))
            attacks.append(Attack("alg \(name), rightly signed", try issuer.token(header: header)))
        }
        // The public key as a secret: whoever takes `alg` from the token and the key from the set would believe it.
        let pem = issuer.pem
        for (what, secret) in [
            ("PEM", pem), ("PEM with its line end", pem + "\n"), ("JWK", try issuer.key(.rs256)),
            ("key set", try issuer.keySet()),
        ] {
            for header in [#"{"alg":"HS256","kid":"rsa"}"#, #"{"alg":"HS256"}"#, #"{"alg":"RS256","kid":"rsa"}"#] {
                attacks.append(Attack("HMAC with the \(what) under \(header)", hmac(header, issuer.claims(), secret)))
            }
        }
        for header in [
            #"{"kid":"ec"}"#, #"{"alg":null,"kid":"ec"}"#, #"{"alg":["ES256"],"kid":"ec"}"#, #"{"alg":256,"kid":"ec"}"#,
            #"{"alg":"ES256","kid":"rsa"}"#, #"{"alg":"ES256","kid":"ed"}"#, #"{"ALG":"ES256","kid":"ec"}"#,
        ] {
            attacks.append(Attack("header \(header)", try issuer.token(header: header)))
        }
        attacks.append(
            Attack("EdDSA under RS256", try issuer.token(.edDSA, header: TokenIssuer.header(.rs256))))
        attacks.append(Attack("RS256 under PS256", try issuer.token(.rs256, header: TokenIssuer.header(.ps256))))
        attacks.append(Attack("PS256 under RS256", try issuer.token(.ps256, header: TokenIssuer.header(.rs256))))
        return attacks
    }

    // MARK: The rest of the header

    private static func headers(_ issuer: TokenIssuer, _ stranger: TokenIssuer) throws -> [Attack] {
        let jwk = try stranger.key(.es256)
        var attacks = try [
            #","jwk":\#(jwk)"#, #","jku":"https://evil.test/keys""#, #","x5u":"https://evil.test/chain""#,
            #","x5c":["MIIB"]"#, #","jwk":\#(jwk),"kid2":"ec""#,
        ].map {
            Attack("own key by \($0.prefix(12))", try stranger.token(header: TokenIssuer.header(.es256, more: $0)))
        }
        for keyID in [
            "../../../../dev/null", "/dev/null", "file:///etc/passwd", "https://evil.test/key", "ec' OR '1'='1",
            "ec; DROP TABLE keys", "ec\\u0000", "EC", "ec ", "*", "", String(repeating: "k", count: 4000),
        ] {
            let header = TokenIssuer.header(.es256, keyID: keyID)
            attacks.append(Attack("kid \(keyID.prefix(30))", try issuer.token(header: header)))
            attacks.append(Attack("kid \(keyID.prefix(30)), own key", try stranger.token(header: header)))
        }
        for keyID in ["0", "null", "[\"ec\"]", "{\"a\":\"ec\"}", "true"] {
            attacks.append(Attack("kid \(keyID)", try issuer.token(header: #"{"alg":"ES256","kid":\#(keyID)}"#)))
        }
        for more in [
            #","crit":["exp"],"exp":1"#, #","crit":[]"#, #","crit":["b64"],"b64":false"#, #","crit":null"#,
            #","alg":"ES256""#, #","kid":"ec""#, #","\u0061lg":"none""#,
        ] {
            attacks.append(
                Attack("header with \(more)", try issuer.token(header: TokenIssuer.header(.es256, more: more))))
        }
        return attacks
    }

    // MARK: The signature

    private static func signatures(_ issuer: TokenIssuer, _ stranger: TokenIssuer) throws -> [Attack] {
        var attacks = try TokenIssuer.Algorithm.allCases.map {
            Attack("another's key, \($0.rawValue)", try stranger.token($0))
        }
        for algorithm in TokenIssuer.Algorithm.allCases {
            let signed = part(TokenIssuer.header(algorithm)) + "." + part(issuer.claims())
            let right = try issuer.sign(Array(signed.utf8), algorithm)
            let forged: [(String, [UInt8])] = [
                ("none", []), ("zeros", right.map { _ in 0 }), ("ones", right.map { _ in 255 }), ("one byte", [0]),
                ("one byte less", right.dropLast()), ("one byte more", right + [0]), ("twice", right + right),
                ("a bit turned", [right[0] ^ 1] + right.dropFirst()),
                ("a last bit turned", right.dropLast() + [(right.last ?? 0) ^ 1]),
            ]
            for (name, bytes) in forged {
                attacks.append(
                    Attack("\(algorithm.rawValue) signature: \(name)", signed + "." + TokenIssuer.text(bytes)))
            }
        }
        let signed = part(TokenIssuer.header(.es256)) + "." + part(issuer.claims())
        let right = try P256.Signing.ECDSASignature(rawRepresentation: issuer.sign(Array(signed.utf8), .es256))
        let order: [UInt8] = [
            255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 188, 230, 250, 173, 167, 23, 158,
            132, 243, 185, 202, 194, 252, 99, 37, 81,
        ]
        let zero = [UInt8](repeating: 0, count: 32), raw = Array(right.rawRepresentation)
        for (name, bytes) in [
            ("r zero", zero + raw.suffix(32)), ("s zero", raw.prefix(32) + zero), ("r and s the order", order + order),
            ("DER", Array(right.derRepresentation)),
        ] {
            attacks.append(Attack("ES256 signature: \(name)", signed + "." + TokenIssuer.text(bytes)))
        }
        return attacks
    }

    // MARK: The claims

    private static func claims(_ issuer: TokenIssuer) throws -> [Attack] {
        let now = Int(Date().timeIntervalSince1970)
        let rows: [(String, String?)] = [
            ("exp", "\(now - 61)"), ("exp", "0"), ("exp", "-1"), ("exp", "\(now - 61).5"), ("exp", "\"\(now + 300)\""),
            ("exp", nil), ("exp", "null"), ("exp", "true"), ("exp", "[\(now + 300)]"), ("exp", "1e400"),
            ("exp", "1e30"),
            ("exp", "-1e400"), ("exp", "\(now + 300)000"), ("exp", String(repeating: "9", count: 400)),
            ("exp", "99999999999999999999"), ("nbf", "\(now + 120)"), ("nbf", "\"0\""), ("nbf", "null"),
            ("nbf", "1e30"),
            ("iss", "\"https://id.test\""), ("iss", "\"https://ID.test/\""), ("iss", nil), ("iss", "null"),
            ("iss", "[\"https://id.test/\"]"), ("iss", "\"\""), ("aud", "\"other\""), ("aud", nil), ("aud", "[]"),
            ("aud", "[\"other\",\"Gateway\"]"), ("aud", "[[\"gateway\"]]"), ("aud", "{\"gateway\":1}"),
            ("aud", "\"gateway \""),
            ("aud", "\"other gateway\""), ("tenant", nil), ("tenant", "\"\""), ("tenant", "null"), ("tenant", "7"),
            ("tenant", "[\"\(Fixtures.tenantA)\"]"), ("tenant", "\"a b\""), ("tenant", "\"a\\r\\nX-Tenant-Id: b\""),
            ("tenant", "\"\\u0000\""), ("tenant", "\"é\""), ("tenant", "\"\(String(repeating: "t", count: 129))\""),
            ("scope", "7"), ("scope", "null"), ("scope", "{}"), ("scope", "[\"conversations:read\",7]"),
            ("workspace", "null"), ("workspace", "\"\""), ("workspace", "[\"w\"]"), ("workspace", "7"),
        ]
        var attacks = try rows.map { claim, value in
            Attack(
                "\(claim) \(value?.prefix(40) ?? "missing")", try issuer.token(claims: issuer.claims([claim: value])))
        }
        let right = issuer.claims().dropFirst().dropLast()
        for (name, claims) in [
            ("tenant twice", "{\(right),\"tenant\":\"other\"}"), ("exp twice", "{\(right),\"exp\":9999999999}"),
            ("tenant twice, escaped", "{\(right),\"ten\\u0061nt\":\"other\"}"),
            ("iss twice", "{\(right),\"iss\":\"x\"}"),
            ("deep", "{\(right),\"a\":\(String(repeating: "[", count: 2000))\(String(repeating: "]", count: 2000))}"),
            ("a comma too many", "{\(right),}"), ("two objects", "{\(right)}{}"), ("a list", "[{\(right)}]"),
            ("a text", "\"x\""), ("null", "null"), ("nothing", ""), ("a half", "{\(right)"),
            ("a byte order mark", "\u{FEFF}{\(right)}"),
            ("half a surrogate", "{\(right),\"a\":\"\\ud800\"}"), ("a comment", "{\(right)/* */}"),
        ] {
            attacks.append(Attack("claims: \(name)", try issuer.token(claims: claims)))
        }
        let header = Array(TokenIssuer.header(.es256).utf8)
        let bytes = Array("{\(right),\"a\":\"".utf8) + [0xC3, 0x28, 0x22, 0x7D]
        attacks.append(Attack("claims not UTF-8", try issuer.token(.es256, headerBytes: header, claimBytes: bytes)))
        return attacks
    }

    // MARK: The form

    private static func forms(_ issuer: TokenIssuer) throws -> [Attack] {
        let token = try issuer.token()
        let parts = token.split(separator: ".").map(String.init)
        let huge = try issuer.token(claims: issuer.claims(["a": "\"\(String(repeating: "a", count: 9000))\""]))
        return [
            Attack("huge", huge), Attack("two segments", parts[0] + "." + parts[1]), Attack("one segment", parts[0]),
            Attack("four segments", token + "." + parts[2]), Attack("five segments", token + ".x.y"),
            Attack("a point more", token + "."), Attack("a point before", "." + token), Attack("only points", ".."),
            Attack("no header", ".\(parts[1]).\(parts[2])"), Attack("no claims", "\(parts[0])..\(parts[2])"),
            Attack("padding", token + "="), Attack("padding twice", token + "=="),
            Attack("padded claims", "\(parts[0]).\(parts[1])==.\(parts[2])"),
            Attack("another alphabet", "\(parts[0]).\(parts[1])+/.\(parts[2])"),
            Attack("segments swapped", "\(parts[1]).\(parts[0]).\(parts[2])"),
            Attack("the header again", "\(parts[0]).\(parts[0]).\(parts[2])"),
            // 43 bytes end in a letter of which only four bits count.
            Attack("bits behind the end", token.dropLast() + turned(token.last)),
            Attack("a key's prefix", "sf_" + token), Attack("a known key's prefix", "sf_test_v1_" + token),
            Attack("a letter less", String(token.dropLast())), Attack("a letter more", token + "A"),
        ]
    }

    /// The letter whose lowest bit is the other one.
    private static func turned(_ letter: Character?) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let place = letter.flatMap { alphabet.firstIndex(of: $0) } ?? 0
        return String(alphabet[place ^ 1])
    }

    private static func part(_ text: String) -> String { TokenIssuer.text(text.utf8) }

    private static func hmac(_ header: String, _ claims: String, _ secret: String) -> String {
        let signed = part(header) + "." + part(claims)
        let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return signed + "." + TokenIssuer.text(code)
    }
}
