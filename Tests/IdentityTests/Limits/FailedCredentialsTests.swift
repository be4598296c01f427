// Whose failures count together, and what becomes of whoever has too many.

import Configuration
import Pipeline
import Synchronization
import Testing

@testable import Identity

@Suite struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("2001:db8::1", "2001:db8::ffff:1", true),
        ("2001:db8:0:0:ffff::", "2001:db8::", true), ("2001:db8:0:1::1", "2001:db8::1", false),
        ("0.0.0.0", "::", false), ("::1", "::2", true), ("::ffff:192.0.2.1", "192.0.2.1", true),
        ("::ffff:c000:201", "192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
        ("::ffff:0.0.0.0", "::", false),
    ])
    func `is an address of IPv4, and a site of IPv6`(one: String, other: String, isSame: Bool) {
        let first = ClientNetwork(one), second = ClientNetwork(other)

        #expect(first != nil)
        #expect((first == second) == isSame)
    }

    @Test(arguments: ["", "unknown", "_hidden", "192.0.2", "1.2.3.4.5", "fe80::1%eth0", "[::1]"])
    func `is not what is no address`(text: String) {
        #expect(ClientNetwork(text) == nil)
    }
}

@Suite struct FailedCredentialsTests {
    private let start = ContinuousClock.now
    private let memory = FailedCredentials.Memory()

    @Test func `is not there when it is off`() {
        var settings = AuthSettings.Failures()
        settings.isOff = true

        #expect(FailedCredentials(settings, memory) == nil)
    }

    @Test func `asks nothing below about an address that had too many refused, until a token is back`() async throws {
        let layer = try #require(FailedCredentials(settings(burst: 2), memory))
        let door = Door()

        let first = await ask(layer, door, "bad")
        let second = await ask(layer, door, "bad")
        let third = await ask(layer, door, "bad")
        let good = await ask(layer, door, "good")
        let elsewhere = await ask(layer, door, "good", from: "192.0.2.2")
        let early = await ask(layer, door, "good", after: .milliseconds(999))
        let later = await ask(layer, door, "good", after: .seconds(1))

        #expect([first, second] == [.unauthenticated, .unauthenticated])
        #expect([third, good, early] == [.rateLimited, .rateLimited, .rateLimited])
        #expect([elsewhere, later] == [nil, nil])
        #expect(door.asked == 4)
        #expect(memory.refused == 3)
    }

    @Test func `does not count what is good, absent, or refused for another reason`() async throws {
        let layer = try #require(FailedCredentials(settings(burst: 1), memory))
        let door = Door()

        for _ in 0..<100 {
            _ = await ask(layer, door, "good")
            _ = await ask(layer, door, nil)
            _ = await ask(layer, door, "scopeless")
        }

        #expect(await ask(layer, door, "good") == nil)
        #expect(memory.refused == 0)
    }

    @Test func `does not look at who is no address`() async throws {
        let layer = try #require(FailedCredentials(settings(burst: 1), memory))
        let door = Door()

        let ends = [
            await ask(layer, door, "bad", from: "192.0.2.1"), await ask(layer, door, "bad", from: "unknown"),
            await ask(layer, door, "bad", from: "unknown"), await ask(layer, door, "good", from: "unknown"),
        ]

        #expect(ends == [.unauthenticated, .unauthenticated, .unauthenticated, nil])
    }

    @Test func `does not forget because settings are read anew, or it was off between`() async throws {
        let old = try #require(FailedCredentials(settings(burst: 1), memory))
        let door = Door()
        _ = await ask(old, door, "bad")

        var off = AuthSettings.Failures()
        off.isOff = true
        _ = FailedCredentials(off, memory)
        let new = try #require(FailedCredentials(settings(burst: 1), memory))

        #expect(await ask(new, door, "good") == .rateLimited)
    }

    private func settings(burst: Int) -> AuthSettings.Failures {
        var settings = AuthSettings.Failures()
        settings.perSecond = 1
        settings.burst = burst
        return settings
    }

    private func ask(
        _ layer: FailedCredentials, _ door: Door, _ credential: String?, from client: String = "192.0.2.1",
        after time: Duration = .zero
    ) async -> Failure.Kind? {
        let now = start + .seconds(60) + time
        var request = Request(method: .get, path: "/", client: client, id: "r-1", arrived: now, completed: now)
        request.authorization = credential
        do {
            _ = try await layer.answer(request, next: door)
            return nil
        } catch {
            return error.kind
        }
    }
}

/// Counts who comes as far as this, and lets in who says `good`.
private final class Door: Service {
    private let count = Atomic<Int>(0)
    var asked: Int { count.load(ordering: .relaxed) }

    func answer(_ request: Request) async throws(Failure) -> Response {
        count.wrappingAdd(1, ordering: .relaxed)
        switch request.authorization {
        case "bad": throw Failure(.unauthenticated, .downstream, "bad")
        case "scopeless": throw Failure(.forbidden, .downstream, "no scope")
        default: return Response(status: 200)
        }
    }
}
