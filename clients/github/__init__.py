"""GitHub, github.com or Enterprise, behind the port `clients.code_host`.

GitHubMaker         an app from its manifest       no credentials
GitHubSignIn        OAuth with PKCE                the app's client id and secret
GitHubApp           the app itself                 a JWT of its key
GitHubUser          a person                       their token
GitHubReader        one repository, read           an installation's token, narrowed to the repository
GitHubReports       one repository, told           the same
"""

from clients.github.app import GitHubApp, GitHubMaker
from clients.github.people import GitHubSignIn, GitHubUser
from clients.github.reader import GitHubReader
from clients.github.reports import GitHubReports
from clients.github.tokens import InstallationTokens

__all__ = [
    "GitHubApp",
    "GitHubMaker",
    "GitHubReader",
    "GitHubReports",
    "GitHubSignIn",
    "GitHubUser",
    "InstallationTokens",
]
