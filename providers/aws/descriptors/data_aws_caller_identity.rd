data aws_caller_identity service=sts version=0 label="STS Caller Identity"
attr account_id string c r=Account
attr arn        string c r=Arn
attr user_id    string c r=UserId
read GetCallerIdentity
hooks caller_identity
