"""A server that keeps states as GitLab does: GET, POST and DELETE of one address, a lock by POST and
DELETE of another, basic authentication. A file "cut" beside the states makes it drop the connection
in the middle of a write: "before" the text is kept, or "after"; or never answer: "hang". A number
behind it says how many writes go well before.

With a second argument it speaks TLS with the certificate there, and only to those who show one of the
authority there: "server.pem", "server.key" and "ca.pem"."""

import base64
import http.server
import json
import os
import ssl
import sys
import time

USER = "Basic " + base64.b64encode(b"ada:hunter2-http").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lock(self):
        try:
            with open("lock", "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(2)

    def when(self):
        if not os.path.exists("cut"):
            return ""
        when, _, well = open("cut").read().partition(" ")
        if well in ("", "0"):
            return when
        with open("cut", "w") as file:
            file.write("%s %d" % (when, int(well) - 1))
        return ""

    def do_GET(self):
        if self.headers.get("Authorization") != USER:
            return self.answer(401)
        if not os.path.exists("state"):
            return self.answer(404)
        with open("state", "rb") as file:
            self.answer(200, file.read())

    def do_POST(self):
        text = self.body()
        if self.headers.get("Authorization") != USER:
            return self.answer(401)
        path, _, query = self.path.partition("?")
        held = self.lock()
        if path == "/state/lock":
            try:
                with open("lock", "xb") as file:
                    file.write(text)
            except FileExistsError:
                return self.answer(423, self.lock() or b"")
            return self.answer(200)
        if held is not None and query != "ID=" + json.loads(held)["ID"]:
            return self.answer(423, held)
        when = self.when()
        if when == "before":
            return self.cut()
        if when == "hang":
            open("hanging", "w").close()
            time.sleep(3600)
        # The text appears whole or not at all, as in a database.
        with open("state.new", "wb") as file:
            file.write(text)
        os.replace("state.new", "state")
        with open("serials", "a") as file:
            file.write("%d\n" % json.loads(text)["serial"])
        if when == "after":
            return self.cut()
        self.answer(200)

    def do_DELETE(self):
        text = self.body()
        if self.headers.get("Authorization") != USER:
            return self.answer(401)
        held = self.lock()
        if held is not None and json.loads(text)["ID"] != json.loads(held)["ID"]:
            return self.answer(409, held)
        if held is not None:
            os.remove("lock")
        self.answer(200)

    def log_message(self, *_):
        pass


os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=sys.argv[2] + "/ca.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(sys.argv[2] + "/server.pem", sys.argv[2] + "/server.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
