// Files that calls to upstreams and exports of traces need: libcurl reads them when it connects, which is too late to find that
// they are not there.

internal import Configuration
internal import Glibc

extension Gateway {
    /// Looks for the files of `upstreams.*.tls` and of `telemetry.traces`, as a start would.
    /// - Throws: `CannotStart`, naming all that cannot be read.
    static func checkUpstreamFiles(_ settings: Settings) throws(CannotStart) {
        var lines: [String] = []
        for upstream in settings.upstreams {
            guard let tls = upstream.tls else { continue }
            for (name, file) in [("ca", tls.ca), ("certificate", tls.certificate), ("key", tls.key)] {
                guard let file, let reason = reasonNotToRead(file) else { continue }
                lines.append("\(file): cannot be read: \(reason) (`upstreams.\(upstream.name).tls.\(name)`)")
            }
        }
        if let ca = settings.telemetry.otlpCA, let reason = reasonNotToRead(ca) {
            lines.append("\(ca): cannot be read: \(reason) (`telemetry.traces.ca`)")
        }
        guard lines.isEmpty else {
            throw CannotStart(cause: .configuration, description: lines.joined(separator: "\n"))
        }
    }

    /// Nil: there is none.
    static func reasonNotToRead(_ file: String) -> String? {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        close(descriptor)
        return nil
    }
}
