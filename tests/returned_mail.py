"""Mails that mail servers send back."""

CLERK = "secretariat.technique@ville.example"


def report(delivery, *, to=CLERK, form="message/rfc822", action="failed", status="5.1.1", said="smtp; 550 no"):
    """A report of delivery as Postfix writes it."""
    about = f"Message-ID: <{delivery}@passerelle.example>\nSubject: Votre proposition\nTo: {to}\n"
    returned = f"{about}\nBonjour,\n" if form == "message/rfc822" else about
    fate = f"Final-Recipient: rfc822; {to}\nOriginal-Recipient: rfc822;{to}\nAction: {action}\nStatus: {status}\n"
    text = (
        "From: MAILER-DAEMON@relais.ville.example\nTo: convention@passerelle.example\nSubject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n"
        f"--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relais.ville.example\n\n{fate}"
        f"Diagnostic-Code: {said.format(to=to)}\n\n"
        f"--B\nContent-Type: {form}\n\n{returned}\n--B--\n"
    )
    return text.encode()
