// What the process holds, and what of it should not be there any more.

struct Holdings {
    let descriptors: Int
    let threads: Int
    let resident: Double

    init(of process: GatewayProcess) throws {
        (descriptors, threads, resident) = (
            try process.descriptors(), try process.threads(), try process.resident()
        )
    }

    /// Compares when nobody asks anything any more.
    static func leaks(of process: GatewayProcess, since before: Holdings) async throws -> [String] {
        var faults: [String] = []
        let gauges = [
            "gateway_requests_in_flight", "gateway_upstream_calls_in_flight", "gateway_upstream_calls_waiting",
        ]
        for family in gauges {
            let value = await process.figure(family)
            if value != 0 { faults.append("\(family) is \(value.map(\.description) ?? "not there") and not 0") }
        }
        let now = try Holdings(of: process)
        print(
            "descriptors \(before.descriptors) -> \(now.descriptors), threads \(before.threads) -> \(now.threads),",
            "resident \(before.resident.text(1)) -> \(now.resident.text(1)) MiB")
        // Idle connections to upstreams may be more than before; they are bounded, and far fewer than requests were made.
        if now.descriptors > before.descriptors + 600 { faults.append("\(now.descriptors) descriptors are open") }
        if now.threads > before.threads + 2 { faults.append("there are \(now.threads) threads") }
        return faults
    }
}
