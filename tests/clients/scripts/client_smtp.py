"""Greets a mail server in the clear, and once more under TLS; shows what it answers."""

import smtplib
import ssl
import sys

port, ca = sys.argv[1:]
with smtplib.SMTP(timeout=60) as mail:
    code, _ = mail.connect("127.0.0.1", int(port))
    print(code, "in the clear")
    mail.noop()
with smtplib.SMTP(timeout=60) as mail:
    mail.connect("127.0.0.1", int(port))
    # The certificate is for the name behind the port.
    mail._host = "site.test"
    mail.starttls(context=ssl.create_default_context(cafile=ca))
    code, _ = mail.noop()
    print(code, "under TLS")
