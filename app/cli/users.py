"""`flask users`: accounts, passwords and tokens from a shell on the server."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.inputs.accounts import TokenInput, UserChange, UserInput
from app.models.accounts import Role
from app.outputs import Output, UserOut, whole_list
from app.outputs.base import UtcInstant
from app.services.people import accounts, tokens

group = AppGroup("users", help="Accounts, roles, passwords and API tokens.")
commands: tuple[click.Command, ...] = (group,)

role_choice = click.Choice([role.value for role in Role])
stdin_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input; without it one is made and shown once.",
)


class PasswordOut(Output):
    """An account and the password that was made for it, None if it was given."""

    email: str
    role: str
    password: str | None


class TokenOut(Output):
    """A new token, shown only here."""

    email: str
    token: str
    expires_at: UtcInstant


account_argument = click.argument("account", metavar="EMAIL")


@group.command("add")
@account_argument
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, type=role_choice)
@stdin_option
@as_option
@json_option
@reports_errors
def add_user(
    *, account: str, name: str, role: str, password_stdin: bool, email: str | None, as_json: bool
) -> None:
    """Make an account."""
    wanted = UserInput.model_validate({"email": account, "name": name, "role": role})
    password = _typed_password(password_stdin)
    made = accounts.create_user(actor_of(email), wanted, password)
    _say_password(made, password is None, as_json)


@group.command("list")
@json_option
@reports_errors
def list_users(as_json: bool) -> None:
    """List all accounts."""
    users = accounts.list_users()
    rows = [
        (user.email, user.name, user.role.value, "active" if user.active else "not active")
        for user in users
    ]
    lines = table(("e-mail", "name", "role", "state"), rows)
    say(whole_list(users, UserOut.of), lines, as_json=as_json)


@group.command("password")
@account_argument
@stdin_option
@as_option
@json_option
@reports_errors
def set_password(account: str, password_stdin: bool, email: str | None, as_json: bool) -> None:
    """Give an account a new password; all of its sessions end, a lock is lifted."""
    password = _typed_password(password_stdin)
    user = accounts.find_by_email(account)
    changed = accounts.reset_password(actor_of(email), user, password)
    _say_password(changed, password is None, as_json)


@group.command("change")
@account_argument
@click.option("--name", default=None)
@click.option("--role", default=None, type=role_choice)
@click.option(
    "--posts/--no-posts",
    "may_read_posts",
    default=None,
    help="The right to work with imported posts.",
)
@click.option(
    "--persons/--no-persons",
    "may_see_persons",
    default=None,
    help="The right to persons of interest.",
)
@as_option
@json_option
@reports_errors
def change_user(
    *,
    account: str,
    name: str | None,
    role: str | None,
    may_read_posts: bool | None,
    may_see_persons: bool | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Change an account's name, role or rights; a new role ends its sessions."""
    change = UserChange.model_validate(
        {
            "name": name,
            "role": role,
            "may_read_posts": may_read_posts,
            "may_see_persons": may_see_persons,
        }
    )
    _change(account, change, "is changed", email, as_json)


@group.command("deactivate")
@account_argument
@as_option
@json_option
@reports_errors
def deactivate_user(account: str, email: str | None, as_json: bool) -> None:
    """Take an account out of use; its sessions and tokens end at once."""
    _change(account, UserChange(active=False), "is no longer active", email, as_json)


@group.command("activate")
@account_argument
@as_option
@json_option
@reports_errors
def activate_user(account: str, email: str | None, as_json: bool) -> None:
    """Put an account back into use."""
    _change(account, UserChange(active=True), "is active again", email, as_json)


@group.command("token")
@account_argument
@click.option("--label", required=True, help="What the token is for.")
@click.option("--days", default=90, show_default=True, help="After how many days it ends.")
@as_option
@json_option
@reports_errors
def issue_token(account: str, label: str, days: int, email: str | None, as_json: bool) -> None:
    """Make an API token that acts for an account."""
    wanted = TokenInput.model_validate({"label": label, "days": days})
    issued = tokens.issue_token(actor_of(email), accounts.find_by_email(account), wanted)
    lines = [
        f"Token, shown only now: {issued.secret}",
        f"It ends at {issued.token.expires_at:%Y-%m-%d %H:%M} UTC.",
        "Send it in the header `Authorization: Bearer TOKEN`.",
    ]
    output = TokenOut(email=account, token=issued.secret, expires_at=issued.token.expires_at)
    say(output, lines, as_json=as_json)


def _change(account: str, change: UserChange, what: str, email: str | None, as_json: bool) -> None:
    user = accounts.change_user(actor_of(email), accounts.find_by_email(account), change)
    say(UserOut.of(user), [f"{user.email} {what}."], as_json=as_json)


def _typed_password(wanted: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if wanted else None


def _say_password(account: accounts.NewAccount, is_generated: bool, as_json: bool) -> None:
    user = account.user
    password = account.password if is_generated else None
    lines = [f"{user.email}, {user.role.value}: the password is set."]
    if password is not None:
        lines.append(f"Password, shown only now: {password}")
    output = PasswordOut(email=user.email, role=user.role.value, password=password)
    say(output, lines, as_json=as_json)
