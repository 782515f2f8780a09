"""A client of the API, made at run time from its published description alone: one method for each `operationId`."""
import http.client
import json
import urllib.parse


class Refused(Exception):
    """A problem (RFC 9457): `status`, and `problem` as sent."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('detail')}")
        self.status, self.problem = status, problem


class Client:
    """`client.getDossier(id=…)` gives `(body, headers)`. Not to be shared by threads: it keeps one connection."""

    def __init__(self, address, key, recipient, motif):
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.always = {"recipient": recipient, "motif": motif}
        self.headers = {"Authorization": f"Bearer {key}"}
        self.description, _ = self.send("GET", "/v1/openapi.json", {})
        for path, methods in self.description["paths"].items():
            for method, operation in methods.items():
                setattr(self, operation["operationId"], self.operation(method.upper(), path, operation))

    def operation(self, method, path, operation):
        places = {parameter["name"]: parameter["in"] for parameter in operation.get("parameters", [])}

        def call(body=None, headers=None, **given):
            given = {**{name: value for name, value in self.always.items() if name in places}, **given}
            unknown = [name for name in given if places.get(name) not in ("path", "query")]
            if unknown:
                raise TypeError(f"{operation['operationId']} has no parameter {unknown}")
            filled = path.format(**{name: given[name] for name, place in places.items() if place == "path"})
            query = urllib.parse.urlencode({name: value for name, value in given.items() if places[name] == "query" and value is not None})
            return self.send(method, filled + (f"?{query}" if query else ""), headers or {}, body)

        return call

    def send(self, method, target, headers, body=None):
        more = {"Content-Type": "application/json"} if body is not None else {}
        self.connection.request(method, target, json.dumps(body) if body is not None else None, {**self.headers, **more, **headers})
        answer = self.connection.getresponse()
        content, kind = answer.read(), answer.getheader("Content-Type", "")
        value = json.loads(content) if "json" in kind else content
        if answer.status >= 400:
            raise Refused(answer.status, value)
        return value, answer.headers
