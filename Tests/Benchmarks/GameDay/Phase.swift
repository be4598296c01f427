// What goes wrong on a game day, one thing after the other, and what must hold meanwhile.

import StubUpstreams

/// One fault: it begins, lasts, and ends.
struct Phase: Sendable {
    /// What has to be so, besides what always has.
    enum Promise: Sendable {
        /// Of requests that need nothing of the CRM, and of those that take null for its parts, every one is answered with 200.
        case withoutCRM
        /// So many of a hundred requests are answered with 200.
        case good(Double)
    }

    let name: String
    let promises: [Promise]
    let begin: @Sendable (Upstreams) async throws -> Void
    /// After it all upstreams are as they were before.
    let end: @Sendable (Upstreams) async throws -> Void

    static let all: [Phase] = [
        Phase(name: "nothing", promises: [.good(100)]) { _ in
        } end: { _ in
        },
        conversations("answers after 400 ms", [.good(99)], .delay(.fixed(.milliseconds(400)))),
        conversations("hangs", [], .hang(after: nil)),
        conversations("resets", [], .reset(.headers)),
        conversations("cuts its bodies", [], .close(.body(20))),
        conversations("answers 503", [], .status(503)),
        crm("answers after 700 ms", [.withoutCRM], .delay(.fixed(.milliseconds(700)))),
        crm("hangs", [.withoutCRM], .hang(after: nil)),
        crm("answers garbage", [.withoutCRM], .garbage(bytes: 2000)),
        Phase(name: "one endpoint of two goes", promises: [.good(99)]) {
            try await $0.east.end()
        } end: {
            try await $0.east.comeBack()
        },
        Phase(name: "one endpoint of two hangs", promises: [.good(90)]) {
            $0.east.behave(.hang(after: nil))
        } end: {
            $0.east.behave()
        },
        Phase(name: "all restart at once", promises: [.good(98)]) {
            for stub in [$0.east, $0.west, $0.crm] {
                try await stub.end()
                try await stub.comeBack()
            }
        } end: { _ in
        },
        Phase(name: "the CRM's name moves", promises: [.withoutCRM, .good(90)]) {
            try await $0.otherCRM.comeBack()
            try $0.name($0.otherCRM)
            try await $0.crm.end()
        } end: {
            try await $0.crm.comeBack()
            try $0.name($0.crm)
            try await $0.otherCRM.end()
        },
        Phase(name: "the CRM dies", promises: [.withoutCRM]) {
            try await $0.crm.end()
        } end: {
            try await $0.crm.comeBack()
        },
        Phase(name: "everything dies", promises: []) {
            for stub in [$0.east, $0.west, $0.crm] { try await stub.end() }
        } end: {
            for stub in [$0.east, $0.west, $0.crm] { try await stub.comeBack() }
        },
    ]

    private static func conversations(_ what: String, _ promises: [Promise], _ action: Action) -> Phase {
        Phase(name: "conversations \(what)", promises: promises) {
            $0.east.behave(action)
            $0.west.behave(action)
        } end: {
            $0.east.behave()
            $0.west.behave()
        }
    }

    private static func crm(_ what: String, _ promises: [Promise], _ action: Action) -> Phase {
        Phase(name: "crm \(what)", promises: promises) {
            $0.crm.behave(action)
        } end: {
            $0.crm.behave()
        }
    }
}
