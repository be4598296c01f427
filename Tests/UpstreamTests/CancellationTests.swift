// Calls whose reply nobody wants any more.

import CCurl
import Configuration
import Glibc
import Pipeline
import StubUpstreams
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    @Test(arguments: [true, false])
    func `the upstream sees it at once, whoever cancels`(onLoop: Bool) async throws {
        let gate = Gate()
        let (kind, left) = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let client = upstreams.client()
            let call = task(on: upstreams.loop) {
                await failure { _ = try await client.answer(upstreams.call()) }
            }
            try await gate.waitUntil(arrived: 1)
            if onLoop { call.cancel() } else { await onThread { call.cancel() } }
            let kind = try await call.value?.kind
            let left = upstreams.loop.inventory
            // The gate is still shut.
            try await upstreams.stubs.waitForCalls(1, ended: .clientClosed)
            return (kind, left.transfers + left.connections)
        }

        #expect(kind == .cancelled)
        #expect(left == 0)
    }

    @Test func `a call that was cancelled before it began asks nothing`() async throws {
        let (kind, calls) = try await withUpstreams { upstreams in
            let client = upstreams.client()
            let call = task(on: upstreams.loop) {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { _ = try await client.answer(upstreams.call()) }?.kind
            }
            return (try await call.value, upstreams.stubs.calls.count)
        }

        #expect(kind == .cancelled)
        #expect(calls == 0)
    }

    @Test func `others on the same loop and upstream go on`() async throws {
        let gate = Gate()
        let statuses = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let client = upstreams.client()
            let calls = (0..<10).map { _ in
                task(on: upstreams.loop) { try await client.answer(upstreams.call()).status }
            }
            try await gate.waitUntil(arrived: 10)
            for call in calls.prefix(5) { call.cancel() }
            try await upstreams.stubs.waitForCalls(5, ended: .clientClosed)
            await gate.open()
            var statuses: [Int] = []
            for call in calls.suffix(5) { statuses.append(try await call.value) }
            return statuses
        }

        #expect(statuses == Array(repeating: 200, count: 5))
    }

    @Test func `a handle that was cancelled serves the next call`() async throws {
        let gate = Gate()
        let statuses = try await withUpstreams(Rule(calls: .every(2), .hold(gate))) { upstreams in
            let client = upstreams.client()
            var statuses: [Int] = []
            for round in 1...5 {
                statuses.append(try await client.answer(upstreams.call()).status)
                let call = task(on: upstreams.loop) { try await client.answer(upstreams.call()).status }
                try await gate.waitUntil(arrived: round)
                call.cancel()
                _ = await call.result
            }
            return statuses
        }

        #expect(statuses == Array(repeating: 200, count: 5))
    }

    /// libcurl closes a socket that is still connecting without a word, and the kernel gives its number to the next one.
    @Test(arguments: 0..<10)
    func `one that was still connecting costs the next connection of its number nothing`(round: Int) async throws {
        let nowhere = try FullPort()
        let status = try await withUpstreams { upstreams in
            let lost = upstreams.client(to: [.url("http://127.0.0.1:\(nowhere.number)")])
            let call = task(on: upstreams.loop) {
                await failure { _ = try await lost.answer(upstreams.call()) }?.kind
            }
            try await upstreams.loop.waitUntil("it connects") { upstreams.loop.inventory.connections == 1 }
            call.cancel()
            #expect(try await call.value == .cancelled)
            #expect(upstreams.loop.inventory.connections == 0)

            return try await upstreams.client { $0.timeouts.attempt = .seconds(5) }.answer(upstreams.call()).status
        }

        #expect(status == 200)
    }
}

/// A port of loopback where connections are not taken any more: whoever connects waits.
private final class FullPort: Sendable {
    let number: Int
    private let descriptors: [Int32]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let filler = (0..<2).map { _ in
            socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        }
        descriptors = [listener] + filler
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                guard bind(listener, name, size) == 0, getsockname(listener, name, &size) == 0,
                    listen(listener, 0) == 0
                else { return -1 }
                for descriptor in filler { connect(descriptor, name, size) }
                return 0
            }
        }
        number = Int(in_port_t(bigEndian: address.sin_port))
        try #require(result == 0)
    }

    deinit { descriptors.forEach { close($0) } }
}
