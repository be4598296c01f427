// Gateways behind the load balancers that operators use: one is restarted after the other, under load, and no client
// notices.

import Foundation
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(3)))
struct BalancerTests {
    private static let path = "/api/conversations/\(Fixtures.active.id)"
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func stopped(_ ended: Ended) -> String {
        ended.errors.split(separator: "\n").last { $0.contains("Stopped.") }.map(String.init) ?? ended.errors
    }

    /// What an operator may change about the example.
    enum Variant: String, CaseIterable {
        case asItIs = "as it is"
        case asksWhereRequestsGo = "that asks where requests go"
        case speaksHTTP2 = "that speaks HTTP/2 with the gateways"
        case tellsTheClient = "that tells the client's address by the PROXY protocol"

        var readyz: Bool { self == .asksWhereRequestsGo }

        func applied(to example: String) -> String {
            switch self {
            case .asItIs: example
            case .asksWhereRequestsGo: example.replacing(" port 9901", with: "")
            case .speaksHTTP2: example.replacing("default-server check", with: "default-server proto h2 check")
            case .tellsTheClient: example.replacing("default-server check", with: "default-server send-proxy-v2 check")
            }
        }
    }

    /// HTTP/1.1 and HTTP/2 from the clients at the same time.
    @Test(arguments: Variant.allCases)
    func `a rolling restart behind HAProxy fails no request`(_ variant: Variant) async throws {
        let neighbours = try await Neighbours(
            in: folder, notReady: "4s", listener: ", proxyProtocol: \(variant == .tellsTheClient)",
            server: "  readyz: \(variant.readyz)")
        let balancer = try await Balancer.haproxy(neighbours, in: folder) { variant.applied(to: $0) }
        #expect(try await eventually { try await balancer.row(of: "two")["status"] == "UP" })
        // HTTP/2 has no reason phrase, so HAProxy's status line has none then, and h2load does not understand that.
        let loads = [(["--h1", "-c", "4"], variant != .speaksHTTP2), (["-c", "2", "-m", "2"], true)].map {
            Load($0, balancer.url + Self.path, key: neighbours.key, in: folder, readsStatus: $1)
        }

        var ends: [Ended] = []
        for (index, name) in ["one", "two"].enumerated() {
            ends.append(try await neighbours.restart(index))
            #expect(try await eventually { try await balancer.row(of: name)["status"] == "UP" })
        }
        let ones = try await loads[0].stop(), twos = try await loads[1].stop()
        let all = try await balancer.row(of: "FRONTEND", in: "clients")
        let client = LoopbackHost().name
        _ = try await balancer.get(Self.path, "--interface", client)
        let rows = [try await balancer.row(of: "one"), try await balancer.row(of: "two")]
        let isTold = await eventually(within: .seconds(variant == .tellsTheClient ? 10 : 1)) {
            neighbours.running.contains { $0.output.contains(#""client":"\#(client)""#) }
        }
        try await balancer.stop()
        try await neighbours.stop()

        #expect(isTold == (variant == .tellsTheClient))
        #expect(ones.failures.joined() == "")
        #expect(twos.failures.joined() == "")
        // None of them was answered otherwise than with 200, or refused.
        #expect(["hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other", "dreq", "ereq"].allSatisfy { all[$0] == "0" })
        #expect(number(all["hrsp_2xx"]) >= 200 * (ones.batches + twos.batches))
        #expect(ones.batches > 0 && twos.batches > 0)
        for ended in ends {
            #expect(ended.status == 0)
            #expect(stopped(ended).contains("arrivedFinishing=0 "))
            #expect(stopped(ended).contains("cut=0"))
        }
        for row in rows {
            // Not because HAProxy tried again: it never had to.
            #expect(["wretr", "wredis", "econ", "eresp"].map { row[$0] } == ["0", "0", "0", "0"])
            // With the client's address in front, a connection is that client's alone.
            if variant != .tellsTheClient { #expect(number(row["reuse"]) > number(row["connect"])) }
        }
    }

    private func number(_ text: String?) -> Int { text.flatMap { Int($0) } ?? 0 }

    @Test(arguments: ["haproxy", "nginx"])
    func `a gateway that trusts its balancer knows who asks`(name: String) async throws {
        let neighbours = try await Neighbours(in: folder, notReady: "0s", server: "  trustedProxies: [127.0.0.1/32]")
        let balancer =
            try await name == "nginx"
            ? Balancer.nginx(neighbours, in: folder) : Balancer.haproxy(neighbours, in: folder)
        let isServing = try await eventually {
            try await balancer.get(
                Self.path, "-H", "Authorization: Bearer \(neighbours.key)", "--interface", "127.0.0.9",
                "-H", "X-Forwarded-For: 192.0.2.66", "-H", "Forwarded: for=192.0.2.66;proto=https",
                "-H", "X-Forwarded-Proto: https"
            ).hasSuffix("200 ")
        }
        try await balancer.stop()
        try await neighbours.stop()

        #expect(isServing)
        #expect(!neighbours.stubs.calls.isEmpty)
        #expect(neighbours.stubs.calls.allSatisfy { $0.values("Forwarded") == ["for=127.0.0.9;proto=http"] })
    }

    @Test func `a rolling restart behind nginx fails no request`() async throws {
        let neighbours = try await Neighbours(in: folder, notReady: "500ms")
        let balancer = try await Balancer.nginx(neighbours, in: folder)
        let isServing = try await eventually {
            try await balancer.get(Self.path, "-H", "Authorization: Bearer \(neighbours.key)").hasSuffix("200 ")
        }
        let load = Load(["--h1", "-c", "6"], balancer.url + Self.path, key: neighbours.key, in: folder)

        var ends: [Ended] = []
        for index in 0..<2 {
            ends.append(try await neighbours.restart(index))
            // nginx has found it again when requests come.
            #expect(await eventually { !neighbours.running[index].output.isEmpty })
        }
        let outcome = try await load.stop()
        try await balancer.stop()
        try await neighbours.stop()

        #expect(isServing)
        #expect(outcome.failures.joined() == "")
        #expect(outcome.batches > 0)
        for ended in ends {
            #expect(ended.status == 0)
            #expect(stopped(ended).contains("cut=0"))
        }
    }
}
