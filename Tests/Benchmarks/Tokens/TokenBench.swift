// What a token costs: the whole layer of authentication for tokens that were verified before, and for those that were not.
// Processor time of one thread, so that a busy machine does not change it.

import Configuration
import Crypto
import CryptoExtras
import Foundation
import Glibc
import Identity
import Pipeline
import Upstream

@main
struct TokenBench {
    static let issuer = "https://id.example.com/"
    /// What must be reached, checks a second.
    static let least = 50_000.0

    static func main() async throws {
        let (settings, keys, signers) = try make()
        let set = await KeySet(try KeySetReading(ReplyBody(keys.utf8), algorithms: settings.algorithms))
        let tokens = try signers.map { signer in
            (signer.name, try (0..<200).map { number in "Bearer " + (try token(signer, number)) })
        }
        let loop = FanOutLoop(name: "bench", connections: 1)
        let isEnough = try await Task(executorPreference: loop) {
            let table = try Tokens(on: loop, KeyWaits(most: 1)) { _ in }
            table.serve([Issuer(settings, KnownKeys(set: set))])
            let layer = Authentication(APIKeys(), AuthSettings(), tokens: Confined(table))
            var isEnough = true
            for (name, tokens) in tokens {
                let first = try await microseconds(layer, tokens, rounds: 1)
                let again = try await microseconds(layer, tokens, rounds: 1000)
                print(
                    "\(name): \(tokens[0].utf8.count - 7) bytes, verified in \(text(first)) µs, then \(text(again)) µs:",
                    "\(Int(1_000_000 / again)) a second")
                isEnough = isEnough && 1_000_000 / again >= least
            }
            return isEnough
        }.value
        loop.stop()
        exit(isEnough ? 0 : 1)
    }

    /// Of one request through the layer.
    private static func microseconds(_ layer: Authentication, _ fields: [String], rounds: Int) async throws -> Double {
        var request = Request(method: .get, path: "/", client: "192.0.2.7", id: "r-1", arrived: .now, completed: .now)
        let begin = time()
        for _ in 0..<rounds {
            for field in fields {
                request.authorization = field
                _ = try await layer.answer(request, next: Nothing())
            }
        }
        return (time() - begin) / Double(rounds * fields.count) * 1_000_000
    }

    /// Seconds that this thread was given.
    private static func time() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    private static func text(_ number: Double) -> String { String(format: "%.1f", number) }

    // MARK: Making tokens

    struct Signer {
        let name: String
        let keyID: String
        let sign: (Data) throws -> Data
    }

    private static func make() throws -> (JWTSettings, String, [Signer]) {
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let ec = P256.Signing.PrivateKey(), ed = Curve25519.Signing.PrivateKey()
        let numbers = try rsa.publicKey.getKeyPrimitives(), point = ec.publicKey.rawRepresentation
        let keys = """
            {"keys":[{"kid":"r","kty":"RSA","n":"\(text(numbers.modulus))","e":"\(text(numbers.publicExponent))"},
            {"kid":"e","kty":"EC","crv":"P-256","x":"\(text(point.prefix(32)))","y":"\(text(point.suffix(32)))"},
            {"kid":"d","kty":"OKP","crv":"Ed25519","x":"\(text(ed.publicKey.rawRepresentation))"}]}
            """
        let signers = [
            Signer(name: "RS256", keyID: "r") {
                try rsa.signature(for: SHA256.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation
            },
            Signer(name: "PS256", keyID: "r") {
                try rsa.signature(for: SHA256.hash(data: $0), padding: .PSS).rawRepresentation
            },
            Signer(name: "ES256", keyID: "e") { try ec.signature(for: $0).rawRepresentation },
            Signer(name: "EdDSA", keyID: "d") { try ed.signature(for: $0) },
        ]
        let settings = JWTSettings(issuer: issuer, audience: "gateway", jwks: "/none", tenantClaim: "tenant")
        return (settings, keys, signers)
    }

    /// Of the size that identity providers make them.
    private static func token(_ signer: Signer, _ number: Int) throws -> String {
        let header = #"{"alg":"\#(signer.name)","typ":"JWT","kid":"\#(signer.keyID)"}"#
        let claims = """
            {"iss":"\(issuer)","sub":"auth0|65f1c0\(number)","aud":["gateway","https://id.example.com/userinfo"],\
            "tenant":"a0b1c2d3-4567-49ab-8def-0123456789ab","scope":"openid profile conversations:read",\
            "iat":1700000000,"exp":4102444800,"azp":"\(String(repeating: "c", count: 200))"}
            """
        let signed = text(Data(header.utf8)) + "." + text(Data(claims.utf8))
        return signed + "." + text(try signer.sign(Data(signed.utf8)))
    }

    private static func text(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

private struct Nothing: Service {
    func answer(_ request: Request) async throws(Failure) -> Response { Response(status: 200) }
}
