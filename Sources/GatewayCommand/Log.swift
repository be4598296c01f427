// The process's own log: to stderr, so that stdout holds access log lines only.

import Configuration
import Glibc
import Logging
import Telemetry

enum Log {
    /// Nil: its thread could not be started, and swift-log's own handler stands in.
    private static let shared: ProcessLog? = {
        do throws(AccessLogUnavailable) {
            return try ProcessLog()
        } catch {
            Standard.error("\(error)")
            return nil
        }
    }()

    /// To be called once.
    static func start(_ settings: TelemetrySettings.Log = TelemetrySettings.Log()) -> Logger {
        follow(settings)
        LoggingSystem.bootstrap { label in
            shared?.handler() ?? StreamLogHandler.standardError(label: label)
        }
        // However the process ends by itself, its last lines are written first.
        atexit { Log.shared?.close(within: .seconds(1)) }
        return Logger(label: "gateway")
    }

    /// Lines that were not written since the start.
    @Sendable static func losses() -> AccessLogWriter.Losses { shared?.losses ?? .none }

    /// From now on. A reload may have changed them.
    static func follow(_ settings: TelemetrySettings.Log) { shared?.follow(settings) }
}
