// The access log as long as somebody writes to it: generations come and go, and a log that the next one does not have ends
// with the last request of the one that had it.

internal import Configuration
internal import Identity
internal import Logging
internal import Telemetry

/// A running writer. Ends with its last owner, if nobody closed it before.
final class AccessLog: Sendable {
    let writer: AccessLogWriter
    private let setting: TelemetrySettings.AccessLog
    /// Which file it writes to; nil: one without a name.
    private let file: [UInt64]?
    private let logger: Logger

    /// The log that `setting` asks for: `old`, if that is it, and its file was not moved away meanwhile. Nil: none.
    static func open(
        _ setting: TelemetrySettings.AccessLog, after old: AccessLog?, logger: Logger
    ) throws(CannotStart) -> AccessLog? {
        if let old, old.setting == setting, old.file == Self.file(of: setting) { return old }
        do throws(AccessLogUnavailable) {
            guard let writer = try AccessLogWriter.start(setting) else { return nil }
            return AccessLog(writer, setting, logger)
        } catch {
            throw CannotStart(cause: .resource, description: "\(error)")
        }
    }

    private init(_ writer: AccessLogWriter, _ setting: TelemetrySettings.AccessLog, _ logger: Logger) {
        self.writer = writer
        self.setting = setting
        file = Self.file(of: setting)
        self.logger = logger
    }

    private static func file(of setting: TelemetrySettings.AccessLog) -> [UInt64]? {
        guard case .file(let path) = setting else { return nil }
        return FileState(of: path).identity
    }

    /// Goes on in the file that has its name now, if it is not the one that is open.
    func reopen() throws(AccessLogUnavailable) {
        if case .file(let path) = setting, file != Self.file(of: setting) { try writer.reopen(path) }
    }

    /// What is waiting is written all the same; nobody waits for it.
    deinit { writer.close(within: .zero) }

    /// Writes what is waiting, and tells what was lost.
    func close() {
        writer.close(within: .seconds(2))
        let losses = writer.losses, unwritten = writer.unwritten
        guard losses.refused + losses.failed + unwritten > 0 else { return }
        logger.warning(
            "Lines of the access log were lost.",
            metadata: [
                "refused": "\(losses.refused)", "unwritten": "\(unwritten)", "failed": "\(losses.failed)",
                "errno": "\(losses.lastError)",
            ])
    }
}
