resource aws_ecs_task_definition service=ecs version=1 label="ECS Task Definition"
attr family                   string r!    c=family r=family check=ecs_family
attr container_definitions    string r!J   c=containerDefinitions r=containerDefinitions x=containers check=containers
attr cpu                      string oz!   c=cpu r=cpu
attr memory                   string oz!   c=memory r=memory
attr network_mode             string oc!   c=networkMode r=networkMode one-of=bridge,host,awsvpc,none
attr execution_role_arn       string oz!   c=executionRoleArn r=executionRoleArn check=arn
attr task_role_arn            string oz!   c=taskRoleArn r=taskRoleArn check=arn
attr ipc_mode                 string oz!   c=ipcMode r=ipcMode one-of=host,task,none
attr pid_mode                 string oz!   c=pidMode r=pidMode one-of=host,task
attr enable_fault_injection   bool   ocz!  c=enableFaultInjection r=enableFaultInjection
attr requires_compatibilities set(string) oz! c=requiresCompatibilities r=requiresCompatibilities one-of=EC2,FARGATE,EXTERNAL
attr skip_destroy             bool   ol    =false
attr track_latest             bool   ol    =false
attr revision                 number c     r=revision
attr arn                      string c     r=taskDefinitionArn
attr arn_without_revision     string c
block ephemeral_storage list o! c=ephemeralStorage r=ephemeralStorage max=1
  attr size_in_gib number r! c=sizeInGiB r=sizeInGiB range=21:200
end
block inference_accelerator set o! c=inferenceAccelerators r=inferenceAccelerators
  attr device_name string r! c=deviceName r=deviceName
  attr device_type string r! c=deviceType r=deviceType
end
block placement_constraints set o! c=placementConstraints r=placementConstraints max=10
  attr expression string oz! c=expression r=expression
  attr type       string r!  c=type r=type one-of=memberOf
end
block proxy_configuration list o! c=proxyConfiguration r=proxyConfiguration max=1
  attr container_name string r! c=containerName r=containerName
  attr properties     map    o! c=properties r=properties x=name-value
  attr type           string o! =APPMESH c=type r=type one-of=APPMESH
end
block runtime_platform list o! c=runtimePlatform r=runtimePlatform max=1
  attr cpu_architecture        string oz! c=cpuArchitecture r=cpuArchitecture one-of=X86_64,ARM64
  attr operating_system_family string oz! c=operatingSystemFamily r=operatingSystemFamily one-of=WINDOWS_SERVER_2019_FULL,WINDOWS_SERVER_2019_CORE,WINDOWS_SERVER_2016_FULL,WINDOWS_SERVER_2004_CORE,WINDOWS_SERVER_2022_CORE,WINDOWS_SERVER_2022_FULL,WINDOWS_SERVER_20H2_CORE,LINUX
end
block volume set o! c=volumes r=volumes
  attr name                string r!  c=name r=name
  attr host_path           string oz! c=host.sourcePath r=host.sourcePath
  attr configure_at_launch bool   ocz! c=configuredAtLaunch r=configuredAtLaunch
  block docker_volume_configuration list o! c=dockerVolumeConfiguration r=dockerVolumeConfiguration max=1
    attr autoprovision bool   o!  =false c=autoprovision r=autoprovision
    attr driver        string ocz! c=driver r=driver
    attr driver_opts   map    oz! c=driverOpts r=driverOpts
    attr labels        map    oz! c=labels r=labels
    attr scope         string ocz! c=scope r=scope one-of=task,shared
  end
  block efs_volume_configuration list o! c=efsVolumeConfiguration r=efsVolumeConfiguration max=1
    attr file_system_id          string r!  c=fileSystemId r=fileSystemId
    attr root_directory          string o!  =/ c=rootDirectory r=rootDirectory
    attr transit_encryption      string oz! c=transitEncryption r=transitEncryption one-of=ENABLED,DISABLED
    attr transit_encryption_port number oz! c=transitEncryptionPort r=transitEncryptionPort check=port
    block authorization_config list o! c=authorizationConfig r=authorizationConfig max=1
      attr access_point_id string oz! c=accessPointId r=accessPointId
      attr iam             string oz! c=iam r=iam one-of=ENABLED,DISABLED
    end
  end
  block fsx_windows_file_server_volume_configuration list o! c=fsxWindowsFileServerVolumeConfiguration r=fsxWindowsFileServerVolumeConfiguration max=1
    attr file_system_id string r! c=fileSystemId r=fileSystemId
    attr root_directory string r! c=rootDirectory r=rootDirectory
    block authorization_config list r! c=authorizationConfig r=authorizationConfig min=1 max=1
      attr credentials_parameter string r! c=credentialsParameter r=credentialsParameter check=arn
      attr domain                string r! c=domain r=domain
    end
  end
end
tags list member=tags key=key value=value set=TagResource del=UntagResource:tagKeys arn=resourceArn read=^.tags
create RegisterTaskDefinition -> taskDefinition.family
create-name {family}
read   DescribeTaskDefinition taskDefinition={arn} include.0=TAGS -> taskDefinition when=track_latest!=true
read   DescribeTaskDefinition taskDefinition={family} include.0=TAGS -> taskDefinition when=track_latest=true
find   ListTaskDefinitions familyPrefix={family} sort=DESC -> taskDefinitionArns path={family} known=arn by=token
find   DescribeTaskDefinition taskDefinition={family} -> taskDefinition path=family known=arn
gone   status=INACTIVE
delete DeregisterTaskDefinition taskDefinition={arn} when=skip_destroy!=true
not-found "ClientException~Unable to describe,ClientException~not found,ClientException~does not exist"
hooks ecs_task_definition
