// The upstreams of the game day: the conversations service at two endpoints, and the CRM behind a name that stands for one
// of two addresses. Each can misbehave, end, and come back where it was.

import Foundation
import StubUpstreams

/// One stub that can be ended and started again at its address.
final class Stub {
    let address: StubUpstreams.Address
    private let service: StubUpstreams.Service
    private var stubs: StubUpstreams?
    /// Calls that earlier lives received.
    private var earlierCalls = 0

    init(_ service: StubUpstreams.Service, at address: StubUpstreams.Address) async throws {
        self.service = service
        let stubs = try await Self.start(service, at: address)
        self.address = service == .crm ? stubs.crmAddress : stubs.conversationsAddress
        self.stubs = stubs
    }

    /// How many calls it has received in all.
    var calls: Int { earlierCalls + (stubs?.calls.last?.number ?? 0) }

    /// From the next call on.
    func behave(_ actions: Action..., probability: Double = 1) {
        stubs?.replace(script: Self.script(actions, probability))
    }

    func behave(_ script: Script) { stubs?.replace(script: script) }

    /// Resets every connection and listens no more.
    func end() async throws {
        earlierCalls = calls
        try await stubs?.stop()
        stubs = nil
    }

    func comeBack() async throws {
        if stubs == nil { stubs = try await Self.start(service, at: address) }
    }

    private static func script(_ actions: [Action], _ probability: Double) -> Script {
        guard !actions.isEmpty else { return Script() }
        var rule = Rule(probability: probability)
        rule.actions = actions
        return Script(rules: [rule])
    }

    private static func start(
        _ service: StubUpstreams.Service, at address: StubUpstreams.Address
    ) async throws -> StubUpstreams {
        switch service {
        case .conversations: try await StubUpstreams.start(conversations: address)
        case .crm: try await StubUpstreams.start(crm: address)
        }
    }
}

/// All of them, well at first.
final class Upstreams {
    /// What the configuration calls the CRM's host.
    static let crmName = "crm.test"

    let east: Stub
    let west: Stub
    let crm: Stub
    /// At the CRM's other address, same port. Not running at first.
    let otherCRM: Stub
    private let hosts: FileHandle

    /// - Parameter folder: where `hosts` is kept, the file of names that the gateway's resolver reads.
    init(in folder: String) async throws {
        try Data().write(to: URL(filePath: folder + "/hosts"))
        hosts = try FileHandle(forUpdating: URL(filePath: folder + "/hosts"))
        east = try await Stub(.conversations, at: .init())
        west = try await Stub(.conversations, at: .init())
        crm = try await Stub(.crm, at: .init())
        otherCRM = try await Stub(.crm, at: .init(host: "127.0.0.2", port: crm.address.port))
        try await otherCRM.end()
        try name(crm)
    }

    /// From now on the CRM's name stands for the address of `stub`.
    func name(_ stub: Stub) throws {
        // In place, since the gateway sees this very file, and in one piece: both addresses have the same length.
        try hosts.seek(toOffset: 0)
        try hosts.write(contentsOf: Data("\(stub.address.host) \(Self.crmName)\n".utf8))
    }

    /// Calls that each service has received in all, the gateway's checks of health included.
    var calls: (conversations: Int, crm: Int) { (east.calls + west.calls, crm.calls + otherCRM.calls) }

    func end() async throws {
        for stub in [east, west, crm, otherCRM] { try await stub.end() }
    }
}
