"""GitHub, github.com or Enterprise, behind the port `clients.code_host`; `clients.github.opening` opens its roles.

GitHubMaker         an app from its manifest       no credentials
GitHubSignIn        OAuth with PKCE                the app's client id and secret
GitHubApp           the app itself                 a JWT of its key
GitHubUser          a person                       their token
GitHubReader        one repository, read           an installation's token, narrowed to the repository
GitHubReports       one repository, told           the same
"""
