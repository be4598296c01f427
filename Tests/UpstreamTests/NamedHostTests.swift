// Names that stand for several addresses, over the wire.

import CCurl
import Configuration
import Glibc
import Pipeline
import StubUpstreams
import Support
import Synchronization
import Testing

@testable import Upstream

@Suite(.timeLimit(.minutes(1)))
struct NamedHostTests {
    @Test(arguments: ["127.0.0.1", "[::1]", "10.1.2.3"]) func `a number is no name`(_ host: String) {
        #expect(NamedHost(host) == nil)
        #expect(NamedHost("localhost") != nil)
    }

    @Test func `an address is written into a socket address and read again, with its port left alone`() throws {
        var four = sockaddr_in(), six = sockaddr_in6()
        (four.sin_port, six.sin6_port) = (7, 8)
        let one = IPAddress(bytes: [10, 1, 2, 3])
        let other = IPAddress(bytes: (1...16).map { UInt8($0) }, scope: 5)

        withUnsafeMutableBytes(of: &four) { one.write(to: $0.baseAddress.unsafelyUnwrapped) }
        withUnsafeMutableBytes(of: &six) { other.write(to: $0.baseAddress.unsafelyUnwrapped) }

        #expect(withUnsafeBytes(of: &four) { IPAddress($0.baseAddress.unsafelyUnwrapped, family: AF_INET) } == one)
        #expect(withUnsafeBytes(of: &six) { IPAddress($0.baseAddress.unsafelyUnwrapped, family: AF_INET6) } == other)
        #expect(four.sin_port == 7 && six.sin6_port == 8)
        #expect(withUnsafeBytes(of: &four) { IPAddress($0.baseAddress.unsafelyUnwrapped, family: AF_UNIX) } == nil)
    }

    @Test func `connections within one second go to all addresses of a name`() async throws {
        // libcurl finds one address of this name, and our own look-up two: so it is us who lead there.
        let host = LoopbackHost()
        let other = IPAddress(bytes: host.name.split(separator: ".").compactMap { UInt8($0) })
        let here = try await StubUpstreams.start()
        let port = here.conversationsAddress.port
        let there = try await StubUpstreams.start(
            script: Script(listen: [.conversations: StubUpstreams.Address(host: host.name, port: port)]))
        let asked = Atomic<Int>(0)

        try await onLoop { loop in
            let endpoint = Endpoint(.url("http://localhost:\(port)")) { name in
                NamedHost(name) { _ in
                    asked.add(1, ordering: .relaxed)
                    return [IPAddress(bytes: [127, 0, 0, 1]), other]
                }
            }
            let settings = TransferSettings(UpstreamSettings(name: "a", endpoints: []))
            let form = settings.form(of: endpoint, userAgent: "test")
            for _ in 0..<20 {
                let transfer = Transfer(
                    to: endpoint, at: 0, settings, head: CallHead(form),
                    connections: loop.openConnections.to("http://localhost", of: "a"), on: loop)
                transfer.head.begin(Upstreams.conversation)
                try transfer.prepare(afresh: true)
                await withUnsafeContinuation { continuation in
                    loop.begin(transfer, timeout: .seconds(20), connectTimeout: .seconds(20)) { _ in
                        continuation.resume()
                    }
                }
                #expect(transfer.easy.status == 400 || transfer.easy.status == 200)
                // The first one may come before its look-up.
                try await loop.waitUntil("a look-up") { asked.load(ordering: .relaxed) > 0 }
            }
        }
        let counts = (here.calls.count, there.calls.count)
        try await here.stop()
        try await there.stop()

        #expect(counts.0 + counts.1 == 20)
        #expect(abs(counts.0 - counts.1) <= 4, "\(counts)")
        #expect((1...5).contains(asked.load(ordering: .relaxed)))
    }
}
