// The process's own log: to stderr, so that stdout holds access log lines only.

import Logging

enum Log {
    static func start() -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        return Logger(label: "gateway")
    }
}
