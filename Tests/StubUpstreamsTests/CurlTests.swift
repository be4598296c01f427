// The same misbehaviours as curl judges them: an independent client must find them wrong in the way they are meant.

import Foundation
import Testing

@testable import StubUpstreams

struct CurlTests {
    /// Exit statuses as in curl(1).
    @Test(
        arguments: [
            (Action.delay(.fixed(.zero)), 0),
            (.chunked(nil), 0),
            (.contentLength(.none), 0),
            (.compressed(.gzip), 0),
            (.informational(3), 0),
            (.compressed(.lying), 61),
            (.reset(.headers), 56),
            (.close(.headers), 52),
            (.close(.body(5)), 18),
            (.reset(.body(5)), 56),
            (.contentLength(.more(1)), 18),
            (.chunked(.notHex), 56),
            (.chunked(.noEnd), 18),
            (.hugeHeaders(bytes: 400 * 1024), 56),
            (.endless(.headers), 56),
            // Of a chunked body curl 7.88 does not mind the size.
            (.endless(.body), 28),
            (.oversized(bytes: 4 * 1024 * 1024), 63),
            (.hang(after: nil), 28),
            (.hang(after: 5), 28),
            (.endless(.informational), 28),
        ] as [(Action, Int32)])
    func `curl finds what is wrong`(_ action: Action, _ expected: Int32) async throws {
        try await withStub(Rule(action)) { stub in
            let status = try await Self.curl([
                "--max-time", expected == 28 ? "0.3" : "10", "--max-filesize", "2M", "--compressed", "--silent",
                "--output", "/dev/null", "--header", "X-Tenant-Id: \(Fixtures.tenantA)",
                stub.conversationsURL + Paths.active,
            ])

            #expect(status == expected)
        }
    }

    private static func curl(_ arguments: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl", "--noproxy", "*"] + arguments
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }
}
