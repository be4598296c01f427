// Tokens on one loop, with a made-up clock and keys that come when a test says so.

import Configuration
import Foundation
import Pipeline
import Support
import Testing

@testable import Identity

@Suite struct TokensTests {
    private let signer: TokenIssuer
    private let issuer: Issuer
    private let loop = StillLoop()
    private let asked = Asked()
    private let tokens: Tokens

    init() throws {
        signer = try TokenIssuer(tenant: "t")
        issuer = Issuer(
            JWTSettings(issuer: signer.name, audience: "gateway", jwks: "https://id.test/keys", tenantClaim: "tenant"),
            KnownKeys())
        tokens = try Tokens(on: loop, KeyWaits(most: 2)) { [asked] in asked.note($0) }
        tokens.serve([issuer])
    }

    private func set(_ keys: [String]? = nil) async throws -> KeySet {
        let reading = try KeySetReading(
            ReplyBody(try signer.keySet(keys).utf8), algorithms: JWTSettings.Algorithm.allCases)
        return await KeySet(reading)
    }

    private func learn(_ change: (inout KnownKeys) -> Void) {
        change(&issuer.known)
        tokens.learn(issuer)
    }

    private func failure(_ token: String, now: Duration? = nil) -> Failure? {
        do {
            _ = try tokens.principal(presenting: token[...], now: now ?? today)
            return nil
        } catch {
            return error
        }
    }

    private var today: Duration { .seconds(Date().timeIntervalSince1970) }

    @Test func `remembers what it has verified until it expires`() async throws {
        let set = try await set()
        learn { $0.set = set }
        let token = try signer.token(claims: signer.claims(["exp": "1000"]))

        let first = try tokens.principal(presenting: token[...], now: .seconds(900))
        let second = try tokens.principal(presenting: token[...], now: .seconds(1059))

        #expect(first?.tenant == "t")
        #expect(first?.credential == signer.name)
        #expect(first === second)
        #expect(failure(token, now: .seconds(1060))?.kind == .unauthenticated)
    }

    @Test func `verifies again when keys have changed, and not when they have only been looked at`() async throws {
        let (old, new) = (try await set(), try await set([signer.key(.edDSA)]))
        learn { $0.set = old }
        let token = try signer.token()
        let first = try tokens.principal(presenting: token[...], now: today)

        learn { $0.isDoubtful = true }
        let second = try tokens.principal(presenting: token[...], now: today)
        learn { ($0.set, $0.isDoubtful) = (new, false) }

        #expect(first === second)
        #expect(failure(token)?.kind == .unauthenticated)
    }

    @Test func `refuses what was verified when its issuer is gone from the configuration`() async throws {
        let set = try await set()
        learn { $0.set = set }
        let token = try signer.token()
        #expect(try tokens.principal(presenting: token[...], now: today) != nil)

        tokens.serve([])

        #expect(failure(token)?.reason == "the token is of no issuer that is configured")
    }

    @Test func `says when it cannot tell`() async throws {
        let token = try signer.token()
        #expect(failure(token)?.kind == .noEndpoint)

        learn { $0.nextFetch = loop.now + .seconds(7) }
        #expect(failure(token)?.retryAfter == .seconds(8))
        learn { $0.isFetching = true }
        #expect(try tokens.principal(presenting: token[...], now: today) == nil)
        #expect(asked.count == 0)
    }

    @Test func `asks once for a key that is not there, when it may`() async throws {
        let set = try await set()
        let unknown = try signer.token(header: TokenIssuer.header(.es256, keyID: "new"))
        learn {
            $0.set = set
            $0.mayAsk = loop.now + .seconds(1)
        }
        #expect(failure(unknown)?.kind == .noEndpoint)
        loop.now += .seconds(1)

        for _ in 0..<5 { #expect(try tokens.principal(presenting: unknown[...], now: today) == nil) }
        #expect(asked.count == 1)
        // Fetched, and still not there.
        learn { $0.mayAsk = loop.now + .seconds(30) }
        #expect(failure(unknown)?.kind == .noEndpoint)
        #expect(failure(unknown)?.retryAfter == .seconds(31))
        learn { $0.isDoubtful = true }
        #expect(failure(unknown)?.kind == .noEndpoint)
        #expect(asked.count == 1)
    }

    @Test(arguments: [
        // Seconds from when the set was fetched to when the token was made. Clocks may be a minute apart.
        (-61, Failure.Kind.unauthenticated), (-60, .unauthenticated), (-59, .noEndpoint), (0, .noEndpoint),
        (9999, .noEndpoint),
    ])
    func `refuses for its key only a token that is older than the set`(offset: Int, kind: Failure.Kind) async throws {
        let set = try await set()
        learn {
            $0.set = set
            $0.mayAsk = loop.now + .seconds(20)
            $0.asOf = loop.now - .seconds(10)
        }
        let seconds = Int(Date().timeIntervalSince1970)
        let now = Duration.seconds(seconds)
        let header = TokenIssuer.header(.es256, keyID: "unknown")

        let token = try signer.token(header: header, claims: signer.claims(["iat": "\(seconds - 10 + offset)"]))

        #expect(failure(token, now: now)?.kind == kind)
        for unreadable: String? in [nil, "null", "\"1\"", "{}", "-1e300", "1e999"] {
            let token = try signer.token(header: header, claims: signer.claims(["iat": unreadable]))
            #expect(failure(token, now: now)?.kind == .noEndpoint)
        }
        #expect(asked.count == 0)
    }

    @Test func `refuses a token whose key is not in the file, whenever it was made`() async throws {
        let set = try await set()
        learn { $0.set = set }

        #expect(failure(try signer.token(header: TokenIssuer.header(.es256, keyID: "x")))?.kind == .unauthenticated)
    }

    /// Whose they are is not known yet, so a tenant's share cannot bound them.
    @Test func `lets so many wait on all loops together, and no more`() async throws {
        let waits = KeyWaits(most: 2)
        let tokens = try Tokens(on: loop, waits) { _ in }
        tokens.serve([issuer])
        // On other loops.
        let isFirst = waits.begin(), isSecond = waits.begin()

        await #expect { try await tokens.wait(until: loop.now + .seconds(2)) } throws: {
            ($0 as? Failure)?.kind == .overloaded
        }
        let isThird = waits.begin()
        waits.end()

        #expect(isFirst && isSecond && !isThird)
        #expect(waits.begin())
    }

    @Test func `asks for nothing on behalf of a token that is wrong anyway`() async throws {
        let set = try await set()
        learn {
            $0.set = set
            $0.mayAsk = loop.now
        }
        let header = TokenIssuer.header(.es256, keyID: "new")
        for change: [String: String?] in [["exp": "1"], ["aud": "\"x\""], ["iss": "\"x\""], ["tenant": nil]] {
            let token = try signer.token(header: header, claims: signer.claims(change))
            #expect(failure(token)?.kind == .unauthenticated)
        }
        #expect(asked.count == 0)
    }

    /// Whatever is turned in it, a token is refused; nothing traps, and no reason repeats any of it.
    @Test func `refuses three thousand spoilt tokens`() async throws {
        let set = try await set()
        learn { $0.set = set }
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/".utf8)
        let rights = try TokenIssuer.Algorithm.allCases.map { Array(try signer.token($0).utf8) }
        var random = SystemRandomNumberGenerator()
        for number in 0..<3000 {
            let right = rights[number % rights.count]
            var spoilt = right
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<spoilt.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: spoilt[place] = letters[Int.random(in: 0..<letters.count, using: &random)]
                case 1: spoilt.remove(at: place)
                default: spoilt.insert(letters[Int.random(in: 0..<letters.count, using: &random)], at: place)
                }
            }
            guard spoilt != right else { continue }
            let text = String(decoding: spoilt, as: UTF8.self)
            let failure = failure(text)
            #expect(failure?.kind == .unauthenticated, "\(text)")
            #expect(failure?.reason.contains(text.prefix(20)) == false)
        }
    }
}

/// A loop on which nothing happens by itself.
private final class StillLoop: Timekeeper, @unchecked Sendable {
    // Touched by one test's task only.
    var now = ContinuousClock.now

    func setAlarm(at due: ContinuousClock.Instant, for sleeper: any Sleeper) -> AlarmID { AlarmID(slot: 0, serial: 0) }
    func callOff(_ alarm: AlarmID) {}
    func perform(_ work: @escaping @Sendable () -> Void) { work() }
}

/// Counts what was asked for.
private final class Asked: @unchecked Sendable {
    // Touched by one test's task only.
    private(set) var count = 0

    func note(_ issuer: Issuer) { count += 1 }
}
