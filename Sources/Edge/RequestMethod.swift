// A request's method by its name.

internal import Pipeline

extension Request.Method {
    init(name: String) {
        switch name {
        case "GET": self = .get
        case "HEAD": self = .head
        case "OPTIONS": self = .options
        default: self = .other(name)
        }
    }
}
