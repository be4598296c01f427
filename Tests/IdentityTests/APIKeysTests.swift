// Which keys are good, and for whom.

import Configuration
import Foundation
import Pipeline
import Testing

@testable import Identity

@Suite struct APIKeysTests {
    private func find(
        _ key: String, in keys: APIKeys, _ environment: AuthSettings.Environment = .live, at now: Duration = noon
    ) throws(Failure) -> Principal {
        try keys.principal(presenting: key[...], environment: environment, now: now)
    }

    @Test func `finds the principal of a key`() throws {
        let keys = try keys(item(liveKey, id: "k1", more: "workspaceId: w1"), item(testKey, id: "k2"))

        let live = try find(liveKey, in: keys)
        let test = try find(testKey, in: keys, .test)

        #expect(live.tenant == "t1")
        #expect(live.scopes == ["a", "b"])
        #expect(live.workspace == "w1")
        #expect(live.credential == "k1")
        #expect(test.credential == "k2")
        #expect(test.workspace == nil)
    }

    @Test func `makes a key's principal once`() throws {
        let keys = try keys(item(liveKey))

        #expect(try find(liveKey, in: keys) === find(liveKey, in: keys))
    }

    @Test(arguments: [
        (liveKey + "a", AuthSettings.Environment.live, "the API key is unknown"),
        (testKey + "a", .live, "the API key is for test only"),
        (testKey, .live, "the API key k-test is for test only"),
        (liveKey, .test, "the API key k-live is for live only"),
        ("sf_live_v1_" + String(repeating: "d", count: 20), .live, "the API key k-disabled is disabled"),
        (
            "sf_live_v1_" + String(repeating: "e", count: 20), .live,
            "the API key k-expired expired at 2026-03-01T12:00:00Z"
        ),
    ])
    func `refuses a key and says why to the log alone`(
        _ key: String, _ environment: AuthSettings.Environment, _ reason: String
    ) throws {
        let keys = try keys(
            item(liveKey, id: "k-live"), item(testKey, id: "k-test"),
            item("sf_live_v1_" + String(repeating: "d", count: 20), id: "k-disabled", more: "disabled: true"),
            item(
                "sf_live_v1_" + String(repeating: "e", count: 20), id: "k-expired",
                more: "expiresAt: 2026-03-01T13:00:00+01:00"))

        let failure = try #require(failure { () throws(Failure) in try find(key, in: keys, environment) })

        #expect(failure.kind == .unauthenticated)
        // Named where it is one of ours, so that whoever watches sees which.
        #expect(failure.credential == ["k-test", "k-live", "k-disabled", "k-expired"].first { reason.contains($0) })
        #expect(failure.origin == .downstream)
        #expect(failure.retry == .never)
        #expect(failure.reason == reason)
        #expect(!failure.reason.contains(key))
    }

    @Test func `lets a key expire at its instant`() throws {
        let keys = try keys(item(liveKey, more: "expiresAt: 2026-03-01T12:00:00.5Z"))

        #expect(failure { () throws(Failure) in try find(liveKey, in: keys, at: noon + .milliseconds(499)) } == nil)
        #expect(failure { () throws(Failure) in try find(liveKey, in: keys, at: noon + .milliseconds(500)) } != nil)
    }

    @Test(arguments: [
        "", "sf_", "sf_live", "sf_live_v1_", "sf_live_v1_" + String(repeating: "a", count: 15),
        "sf_live_v1_" + String(repeating: "a", count: 129), "sf_prod_v1_" + String(repeating: "a", count: 20),
        "sf_live_v2_" + String(repeating: "a", count: 20), "SF_live_v1_" + String(repeating: "a", count: 20),
        "sf_live_v1_aaaaaaaaaaaaaaaaaaa-", "sf_live_v1_aaaaaaaaaaaaaaaaaaa_", "sf_live_v1_aaaaaaaaaaaaaaaaaaaé",
        "sf_live_v1_aaaaaaaaaaaaaaaaaaa\n", " sf_live_v1_aaaaaaaaaaaaaaaaaaaa", "sf_live_v1_aaaaaaaaaaaaaaaaaaa\u{0}",
    ])
    func `refuses what is not of the form`(_ key: String) throws {
        // Even if its digest were known.
        let keys = try keys(item(key))

        let failure = failure { () throws(Failure) in try find(key, in: keys) }

        #expect(failure?.reason == "the API key is malformed")
    }

    @Test(arguments: [16, 43, 128]) func `takes a key of any length it may have`(_ length: Int) throws {
        let key = "sf_live_v1_" + String(repeating: "Zz9", count: 43).prefix(length)
        let keys = try keys(item(key))

        #expect(failure { () throws(Failure) in try find(key, in: keys) } == nil)
    }

    @Test func `knows nobody without records`() throws {
        for keys in [
            APIKeys(), try keys(), try APIKeys.read("", file: ""), try APIKeys.read("# none\nkeys: []", file: ""),
        ] {
            #expect(keys.count == 0)
            #expect(failure { () throws(Failure) in try find(liveKey, in: keys) }?.reason == "the API key is unknown")
        }
    }

    @Test func `hashes as everyone else does`() {
        #expect(digest("abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(KeyDigest(hex: digest("abc").hex.uppercased()) == digest("abc"))
        #expect(digest("abc") != digest("abd"))
    }

    @Test func `loads the example, whose key opens nothing`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = root.appending(path: "config/keys.example.yaml").path(percentEncoded: false)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let key = try #require(text.firstMatch(of: /sf_test_v1_[A-Za-z0-9]{16,}/)).output

        let keys = try APIKeys.load(path)

        #expect(keys.count == 1)
        let failure = failure { () throws(Failure) in try find(String(key), in: keys, .test) }
        #expect(failure?.reason == "the API key example is disabled")
    }
}
