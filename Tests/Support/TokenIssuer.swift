// An issuer of tokens, honest or not: it signs whatever a test writes, member by member and byte by byte.

package import Crypto
package import CryptoExtras
import Foundation

/// Keys of an issuer, and tokens signed with them. Signs with swift-crypto, without the library that the gateway verifies
/// with.
package struct TokenIssuer: Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"

        /// The id of the key that it is used with.
        package var keyID: String {
            switch self {
            case .rs256, .ps256: "rsa"
            case .es256: "ec"
            case .edDSA: "ed"
            }
        }
    }

    package let name: String
    package let tenant: String
    package let rsa: _RSA.Signing.PrivateKey
    package let ec = P256.Signing.PrivateKey()
    package let ed = Curve25519.Signing.PrivateKey()

    /// - Parameter isOther: has another RSA key than the first; there are two in a process, since making one takes long.
    package init(name: String = "https://id.test/", tenant: String, isOther: Bool = false) throws {
        self.name = name
        self.tenant = tenant
        rsa = try (isOther ? Self.another : Self.one).get()
    }

    private static let one = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    private static let another = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    // MARK: Keys

    /// The RSA key as others write it down.
    package var pem: String { rsa.publicKey.pemRepresentation }

    /// A public key as a JWK.
    /// - Parameters:
    ///   - keyID: nil: its usual one; empty: none.
    ///   - more: further members, with a comma before each.
    package func key(_ algorithm: Algorithm, keyID: String? = nil, more: String = "") throws -> String {
        let keyID = keyID ?? algorithm.keyID
        let id = keyID.isEmpty ? "" : #""kid":"\#(keyID)","#
        switch algorithm {
        case .rs256, .ps256:
            let numbers = try rsa.publicKey.getKeyPrimitives()
            let (n, e) = (Self.text(numbers.modulus), Self.text(numbers.publicExponent))
            return #"{\#(id)"kty":"RSA","n":"\#(n)","e":"\#(e)"\#(more)}"#
        case .es256:
            let point = ec.publicKey.rawRepresentation
            let (x, y) = (Self.text(point.prefix(32)), Self.text(point.suffix(32)))
            return #"{\#(id)"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"\#(more)}"#
        case .edDSA:
            return #"{\#(id)"kty":"OKP","crv":"Ed25519","x":"\#(Self.text(ed.publicKey.rawRepresentation))"\#(more)}"#
        }
    }

    /// A key set of these keys; nil: of all three.
    package func keySet(_ keys: [String]? = nil) throws -> String {
        let all = try keys ?? [key(.rs256), key(.es256), key(.edDSA)]
        return #"{"keys":[\#(all.joined(separator: ","))]}"#
    }

    // MARK: Tokens

    /// A token. `header` and `claims` are JSON, or whatever else stands there; nil: what is right.
    package func token(
        _ algorithm: Algorithm = .es256, header: String? = nil, claims: String? = nil
    ) throws -> String {
        let header = header ?? Self.header(algorithm)
        return try token(algorithm, headerBytes: Array(header.utf8), claimBytes: Array((claims ?? self.claims()).utf8))
    }

    package func token(_ algorithm: Algorithm, headerBytes: [UInt8], claimBytes: [UInt8]) throws -> String {
        let signed = Self.text(headerBytes) + "." + Self.text(claimBytes)
        return signed + "." + Self.text(try sign(Array(signed.utf8), algorithm))
    }

    /// The usual header, with these members besides.
    package static func header(_ algorithm: Algorithm, keyID: String? = nil, more: String = "") -> String {
        #"{"alg":"\#(algorithm.rawValue)","typ":"JWT","kid":"\#(keyID ?? algorithm.keyID)"\#(more)}"#
    }

    /// The usual claims, of a token that is good for five minutes, with these in their place: JSON, or nil for none.
    package func claims(_ changes: [String: String?] = [:]) -> String {
        let now = Int(Date().timeIntervalSince1970)
        var claims: [String: String] = [
            "iss": "\"\(name)\"", "aud": "\"gateway\"", "tenant": "\"\(tenant)\"", "scope": "\"conversations:read\"",
            "iat": "\(now)", "exp": "\(now + 300)",
        ]
        for (claim, value) in changes { claims[claim] = value }
        return "{" + claims.map { "\"\($0)\":\($1)" }.sorted().joined(separator: ",") + "}"
    }

    package func sign(_ bytes: [UInt8], _ algorithm: Algorithm) throws -> [UInt8] {
        switch algorithm {
        case .rs256:
            Array(try rsa.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation)
        case .ps256: Array(try rsa.signature(for: SHA256.hash(data: bytes), padding: .PSS).rawRepresentation)
        case .es256: Array(try ec.signature(for: bytes).rawRepresentation)
        case .edDSA: Array(try ed.signature(for: bytes))
        }
    }

    /// Base64url without padding.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}
