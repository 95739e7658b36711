data aws_region service=ec2 version=0 label="EC2 Region"
attr description string c
attr endpoint    string oc
attr name        string oc
hooks region
