"""Firebase Cloud Messaging (FCM, HTTP v1): telephones with Google's services.

Order ──▶ provider.py    one deadline; what an answer says of the token
          access.py      google-auth's access token, fetched in a thread, for all pushes
          account.py     the service account's file, read and checked
"""
