// Key sets as issuers publish them, and as nobody should.

import Configuration
import Foundation
import Pipeline
import Support
import Testing

@testable import Identity

@Suite struct KeySetReadingTests {
    private let issuer: TokenIssuer

    init() throws { issuer = try TokenIssuer(tenant: "t") }

    private func read(
        _ text: String, _ algorithms: [JWTSettings.Algorithm] = JWTSettings.Algorithm.allCases
    ) throws(UnusableKeySet) -> KeySetReading {
        try KeySetReading(ReplyBody(text.utf8), algorithms: algorithms)
    }

    @Test func `reads a key of each kind, RSA for both of its algorithms`() throws {
        let reading = try read(issuer.keySet())

        #expect(reading.skipped == [])
        #expect(reading.found.map(\.keyID) == ["rsa", "rsa", "ec", "ed"])
        #expect(reading.found.map(\.algorithm) == [.rs256, .ps256, .es256, .edDSA])
    }

    @Test func `heeds what a key is for`() throws {
        let set = try issuer.keySet([
            issuer.key(.rs256, more: #","alg":"PS256","use":"sig","key_ops":["verify"]"#),
            issuer.key(.es256, more: #","use":"sig","x5c":["AAAA"],"ext":true"#),
        ])

        #expect(try read(set).found.map(\.algorithm) == [.ps256, .es256])
        #expect(try read(set, [.es256]).found.map(\.algorithm) == [.es256])
        #expect(throws: UnusableKeySet.self) { try read(set, [.rs256, .edDSA]) }
    }

    @Test(arguments: [
        (#""use":"enc""#, "is not for signatures"), (#""use":7"#, "is not for signatures"),
        (#""key_ops":["sign"]"#, "is not for verifying"), (#""key_ops":"verify""#, "is not for verifying"),
        (#""d":"AAAA""#, "is a private key"), (#""alg":"RS256""#, "is for another algorithm"),
        (#""alg":"ES512""#, "is for another algorithm"), (#""alg":7"#, "is for another algorithm"),
        (#""x":"AAAA""#, "has each name once"), (#""\u006bty":"EC""#, "has each name once"),
        (#""kid":7"#, "has each name once"),
    ])
    func `leaves out a key that is not for this`(more: String, reason: String) throws {
        let reading = try read(issuer.keySet([issuer.key(.edDSA), issuer.key(.es256, more: "," + more)]))

        #expect(reading.found.map(\.keyID) == ["ed"])
        #expect(reading.skipped.count == 1)
        #expect(reading.skipped[0].hasPrefix("The key at place 2 "))
        #expect(reading.skipped[0].contains(reason))
    }

    @Test func `leaves out what is no key, and keeps the rest`() throws {
        let ed = try issuer.key(.edDSA)
        let long = TokenIssuer.text([UInt8](repeating: 0xFF, count: 256)),
            short = TokenIssuer.text([0x7F] + [UInt8](repeating: 0xFF, count: 255))
        let word = TokenIssuer.text([UInt8](repeating: 1, count: 32))
        let wrong = [
            "7", "null", "[]", "{}", "\"x\"", #"{"kty":"oct","k":"AAAA"}"#, #"{"kty":7}"#, #"{"kty":"RSA"}"#,
            #"{"kty":"RSA","n":"","e":"AQAB"}"#, #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            #"{"kty":"RSA","n":"\#(short)","e":"AQAB"}"#, #"{"kty":"RSA","n":"\#(long)","e":""}"#,
            #"{"kty":"RSA","n":"\#(long)","e":"AA"}"#, #"{"kty":"RSA","n":"\#(long)","e":"AQ"}"#,
            #"{"kty":"RSA","n":"\#(long)","e":"AQAA"}"#, #"{"kty":"RSA","n":"\#(long)","e":"\#(long)"}"#,
            #"{"kty":"RSA","n":"\#(long)","e":"AQAB=="}"#, #"{"kty":"RSA","n":7,"e":"AQAB"}"#,
            #"{"kty":"RSA","n":"\#(TokenIssuer.text([UInt8](repeating: 0xFF, count: 1025)))","e":"AQAB"}"#,
            #"{"kty":"EC","crv":"P-256"}"#, #"{"kty":"EC","crv":"P-384","x":"\#(word)","y":"\#(word)"}"#,
            // Not a point of the curve.
            #"{"kty":"EC","crv":"P-256","x":"\#(word)","y":"\#(word)"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"Ed25519","x":"\#(word)"}"#, #"{"kty":"OKP","crv":"X25519","x":"\#(word)"}"#,
            #"{"kty":"OKP","crv":"Ed448","x":"\#(word)"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"\#(word)="}"#, #"{"kty":"okp","crv":"Ed25519","x":"\#(word)"}"#,
        ]

        let reading = try read(issuer.keySet(wrong + [ed]))

        #expect(reading.found.map(\.keyID) == ["ed"])
        #expect(reading.skipped.count == wrong.count)
    }

    @Test func `does not let an earlier key be replaced by a later one of its id`() throws {
        let other = try TokenIssuer(tenant: "t")
        let reading = try read(issuer.keySet([issuer.key(.es256), other.key(.es256), other.key(.edDSA, keyID: "ec")]))

        #expect(reading.found.map(\.algorithm) == [.es256, .edDSA])
        #expect(reading.skipped.count == 1)
    }

    @Test func `looks at a bounded number of keys`() throws {
        let keys = try (0..<1000).map { try issuer.key(.edDSA, keyID: "\($0)") }

        let reading = try read(issuer.keySet(keys))

        #expect(reading.found.count == 256)
        #expect(reading.skipped == ["Only the first 256 keys are looked at."])
    }

    @Test(arguments: [
        "", " ", "null", "7", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[]}"#, #"{"keys":[7]}"#,
        #"{"keys":[],"keys":[]}"#, "<html></html>", #"{"keys":["#, "\u{FEFF}{}",
        "{\"keys\":" + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "}",
    ])
    func `is refused as a whole when there is no key in it`(_ text: String) {
        #expect(throws: UnusableKeySet.self) { try read(text) }
    }

    @Test func `is read from a file, which may be wrong in its own ways`() throws {
        let file = FileManager.default.temporaryDirectory.path + "/set-\(UUID().uuidString)"
        defer { unlink(file) }

        #expect(throws: UnusableKeySet.self) { try KeySetReading(file: file, algorithms: [.es256]) }
        #expect(throws: UnusableKeySet.self) { try KeySetReading(file: "/dev/zero", algorithms: [.es256]) }
        #expect(throws: UnusableKeySet.self) { try KeySetReading(file: "/tmp", algorithms: [.es256]) }
        try issuer.keySet().write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try KeySetReading(file: file, algorithms: [.es256]).found.count == 1)
    }

    /// Whatever is turned in it, a set is read or refused; nothing traps.
    @Test func `survives a thousand spoilt sets`() throws {
        var random = SystemRandomNumberGenerator()
        let set = Array(try issuer.keySet().utf8)
        for _ in 0..<1000 {
            var spoilt = set
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                spoilt[Int.random(in: 0..<spoilt.count, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
            }
            do { _ = try KeySetReading(ReplyBody(spoilt), algorithms: JWTSettings.Algorithm.allCases) } catch {}
        }
    }
}
